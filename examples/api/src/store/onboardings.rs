//! Who asked to come aboard, and the team that came of it.

use instant_funnel::TeamId;
use sqlx::Row;
use uuid::Uuid;

use super::Store;
use crate::clock;
use crate::token::{LIFETIME_SECONDS, Onboarding};

/// What became of a token that was handed in.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// The first time.
    Now { team: TeamId, email: String },
    /// Somebody pressed the button twice.
    Before(TeamId),
}

impl Store {
    pub(crate) async fn create_onboarding(&self, id: Uuid, email: &str) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO onboardings (id, email, created_at) VALUES ($1, $2, $3)")
            .bind(id.to_string())
            .bind(email.to_owned())
            .bind(clock::now())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Makes the team, with the journey that the token brought, and gives it the journey's resources. The first claim wins
    /// the row. `told` runs in the transaction, when all else has succeeded. None when there is no such onboarding, or it
    /// is too old.
    pub(crate) async fn claim(
        &self,
        token: &Onboarding,
        name: &str,
        told: impl FnOnce(&Claimed),
    ) -> Result<Option<Claimed>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let team = TeamId::new();
        let won = sqlx::query("UPDATE onboardings SET team_id = $1 WHERE id = $2 AND team_id IS NULL")
            .bind(team.to_string())
            .bind(token.id.to_string())
            .execute(&mut *transaction)
            .await?;
        let row = sqlx::query("SELECT email, team_id FROM onboardings WHERE id = $1 AND created_at > $2")
            .bind(token.id.to_string())
            .bind(clock::now() - LIFETIME_SECONDS)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(row) = row else { return Ok(None) };
        if won.rows_affected() == 0 {
            let team: String = row.try_get("team_id")?;
            return Ok(TeamId::parse(&team).ok().map(Claimed::Before));
        }
        let email: String = row.try_get("email")?;
        sqlx::query(
            "INSERT INTO teams (id, name, email, journey, plan, created_at) \
             VALUES ($1, $2, $3, $4, 'free', $5)",
        )
        .bind(team.to_string())
        .bind(name.to_owned())
        .bind(email.clone())
        .bind(token.journey.map(|journey| journey.to_string()))
        .bind(clock::now())
        .execute(&mut *transaction)
        .await?;
        sqlx::query("UPDATE resources SET team_id = $1 WHERE journey_id = $2 AND team_id IS NULL")
            .bind(team.to_string())
            .bind(token.journey.map(|journey| journey.id().to_string()))
            .execute(&mut *transaction)
            .await?;
        let claimed = Claimed::Now { team, email };
        told(&claimed);
        transaction.commit().await?;
        Ok(Some(claimed))
    }
}
