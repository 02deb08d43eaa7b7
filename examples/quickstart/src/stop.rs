//! Ctrl-C, and the signal by which a supervisor stops a process.

/// Hears both from when it was made, so that neither ends the process before its database is gone.
pub(crate) struct Stop {
    #[cfg(unix)]
    signals: Option<[tokio::signal::unix::Signal; 2]>,
}

#[cfg(unix)]
impl Stop {
    pub(crate) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let both =
            signal(SignalKind::interrupt()).and_then(|one| Ok([one, signal(SignalKind::terminate())?]));
        Self { signals: both.ok() }
    }

    pub(crate) async fn heard(&mut self) {
        match &mut self.signals {
            Some([interrupt, terminate]) => tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            },
            // A process that cannot hear signals runs until it is killed.
            None => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
impl Stop {
    pub(crate) fn listen() -> Self {
        Self {}
    }

    pub(crate) async fn heard(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
