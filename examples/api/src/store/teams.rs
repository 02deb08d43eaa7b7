//! Teams, as the billing webhook needs them.

use instant_funnel::{Journey, TeamId};
use sqlx::Row;

use super::Store;

/// What was kept when the team was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Team {
    pub(crate) id: TeamId,
    pub(crate) journey: Option<Journey>,
}

impl Store {
    pub(crate) async fn team(&self, id: TeamId) -> Result<Option<Team>, sqlx::Error> {
        let row = sqlx::query("SELECT journey FROM teams WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let journey: Option<String> = row.try_get("journey")?;
        Ok(Some(Team { id, journey: journey.and_then(|text| text.parse().ok()) }))
    }

    pub(crate) async fn activate(&self, id: TeamId, plan: &str) -> Result<bool, sqlx::Error> {
        let updated = sqlx::query("UPDATE teams SET plan = $1 WHERE id = $2")
            .bind(plan.to_owned())
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(updated.rows_affected() > 0)
    }
}
