//! What was provisioned.

use instant_funnel::JourneyId;
use uuid::Uuid;

use super::Store;
use crate::clock;

impl Store {
    /// A new anonymous resource. The journey is kept, so that a claim finds it.
    pub(crate) async fn create_resource(
        &self,
        service: &str,
        journey: Option<JourneyId>,
    ) -> Result<Uuid, sqlx::Error> {
        let id = Uuid::new_v4();
        sqlx::query("INSERT INTO resources (id, service, journey_id, created_at) VALUES ($1, $2, $3, $4)")
            .bind(id.to_string())
            .bind(service.to_owned())
            .bind(journey.map(|journey| journey.to_string()))
            .bind(clock::now())
            .execute(&self.pool)
            .await?;
        Ok(id)
    }
}
