//! The setters of the fixed keys, for every generated event.

/// Writes the setters of the fixed keys for a generated event with a field `base`, and what every event has: its
/// [`FunnelEvent`](crate::FunnelEvent) and a `Debug` form that names what was set and shows no value.
///
/// Behind the event's name stand the pseudonyms that may occur on it: `fingerprint`, `email_hash`.
#[macro_export]
macro_rules! fixed_setters {
    ($name:ident $(: $($pseudonym:ident)+)?) => {
        impl<'a> $name<'a> {
            /// The journey it belongs to, with its beginning where that is known: a [`Journey`](crate::Journey), a
            /// [`JourneyId`](crate::JourneyId), or an `Option<Journey>`, of which `None` leaves it as it was. A synthetic
            /// journey makes the event synthetic.
            #[inline]
            pub fn journey(mut self, journey: impl Into<Option<$crate::Journey>>) -> Self {
                self.base.set_journey(journey);
                self
            }

            /// The id of the business fact; a fresh one if never said.
            #[inline]
            pub fn event_id(mut self, id: $crate::EventId) -> Self {
                self.base.set_event_id(id);
                self
            }

            /// When the step happened; now if never said.
            #[inline]
            pub fn at(mut self, time: ::std::time::SystemTime) -> Self {
                self.base.set_time(time);
                self
            }

            /// Who acted.
            #[inline]
            pub fn actor(mut self, actor: $crate::Actor) -> Self {
                self.base.set_actor(actor);
                self
            }

            /// Whether it counts in a KPI; the process-wide default if never said.
            #[inline]
            pub fn cohort(mut self, cohort: $crate::Cohort) -> Self {
                self.base.set_cohort(cohort);
                self
            }

            /// The deployment, a slug; the process-wide default if never said.
            #[inline]
            pub fn env(mut self, env: &'a str) -> Self {
                self.base.set_env(env);
                self
            }

            $($($crate::fixed_setters!(@ $pseudonym);)+)?
        }

        /// Names what was set and shows no value.
        impl ::std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&$crate::Draft::from(*self), f)
            }
        }

        impl<'a> $crate::FunnelEvent<'a> for $name<'a> {
            #[inline]
            fn base(&mut self) -> &mut $crate::EventBase<'a> {
                &mut self.base
            }
        }
    };
    (@ fingerprint) => {
        /// The pseudonym of the caller's network, as the funnel made it; none when it has no key, which is counted.
        #[inline]
        pub fn fingerprint(mut self, fingerprint: impl Into<Option<$crate::Fingerprint>>) -> Self {
            self.base.set_fingerprint(fingerprint.into());
            self
        }
    };
    (@ email_hash) => {
        /// The pseudonym of an e-mail address, as the funnel made it; none when it has no key, which is counted.
        #[inline]
        pub fn email_hash(mut self, hash: impl Into<Option<$crate::EmailHash>>) -> Self {
            self.base.set_email_hash(hash.into());
            self
        }
    };
}
