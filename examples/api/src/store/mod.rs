//! The database: SQLite or PostgreSQL behind one set of statements.
//!
//! Both understand `$1` for a parameter and `ON CONFLICT DO NOTHING`, which is all that idempotence needs.

mod charges;
mod onboardings;
mod resources;
mod teams;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Executor};

pub(crate) use self::charges::Charge;
pub(crate) use self::onboardings::Claimed;
pub(crate) use self::teams::Team;

const SCHEMA: &str = include_str!("../schema.sql");

/// Settings of each connection to SQLite: readers beside one writer, and a wait for other processes.
const SQLITE_SETUP: &str =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;";

/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;

/// A pool, with the tables in place.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: AnyPool,
}

impl Store {
    pub(crate) async fn open(url: &str) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let sqlite = url.starts_with("sqlite:");
        // SQLite has one writer whatever we do: queueing in the pool is fairer than waking up to find it busy.
        let connections = if sqlite { 1 } else { POSTGRES_CONNECTIONS };
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            // A connection over a network may have died; one to a file has not, and the question costs a query.
            .test_before_acquire(!sqlite)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if sqlite {
                        connection.execute(SQLITE_SETUP).await?;
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await?;
        for statement in SCHEMA.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            pool.execute(statement).await?;
        }
        Ok(Self { pool })
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}
