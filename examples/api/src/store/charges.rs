//! Charges: each kept once, however often it is delivered.

use instant_funnel::TeamId;
use sqlx::Row;

use super::Store;

/// One charge of a subscription, as the billing system tells it.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) team: TeamId,
    pub(crate) subscription: String,
    /// Which billing period, counted from 1.
    pub(crate) period: i64,
    pub(crate) charged_at: i64,
}

impl Store {
    /// Keeps the charge; false when it was kept before.
    ///
    /// `told` runs once for the delivery that won, inside the transaction and just before it commits, with whether the
    /// charge is a renewal. If the commit fails, the billing system delivers again and `told` runs again: what it
    /// records carries the charge's own event id, so readers count it once. After the commit would be the other way
    /// about: a crash between the two would lose the step for ever.
    pub(crate) async fn keep_charge(
        &self,
        charge: &Charge,
        told: impl FnOnce(bool),
    ) -> Result<bool, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        // The second of two deliveries at once waits here for the first, then finds the row.
        let inserted = sqlx::query(
            "INSERT INTO charges (id, team_id, subscription_id, period, charged_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
        )
        .bind(charge.id.clone())
        .bind(charge.team.to_string())
        .bind(charge.subscription.clone())
        .bind(charge.period)
        .bind(charge.charged_at)
        .execute(&mut *transaction)
        .await?;
        if inserted.rows_affected() == 0 {
            return Ok(false);
        }
        // By the charge's own period and time, not by which arrived first: deliveries overtake one another.
        let earlier: i64 = sqlx::query(
            "SELECT COUNT(*) AS earlier FROM charges WHERE team_id = $1 AND id <> $2 AND charged_at < $3",
        )
        .bind(charge.team.to_string())
        .bind(charge.id.clone())
        .bind(charge.charged_at)
        .fetch_one(&mut *transaction)
        .await?
        .try_get("earlier")?;
        told(charge.period > 1 || earlier > 0);
        transaction.commit().await?;
        Ok(true)
    }
}
