use actix_web::web::{Data, Json, ServiceConfig, get, post};
use instant_funnel::TeamId;

use crate::{Charge, Teams};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.app_data(Data::new(Teams::default())).route("/", get().to(start)).route("/db", post().to(create));
    config.route("/claim", post().to(claim)).route("/billing", post().to(billing));
}

async fn start() -> &'static str {
    ""
}

async fn create() -> &'static str {
    ""
}

async fn claim(teams: Data<Teams>) -> Json<TeamId> {
    let team = teams.create(None);
    Json(team)
}

async fn billing(_: Json<Charge>) -> &'static str {
    ""
}
