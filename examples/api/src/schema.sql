CREATE TABLE IF NOT EXISTS resources (
    id TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    journey_id TEXT,
    team_id TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS resources_by_journey ON resources (journey_id);
CREATE TABLE IF NOT EXISTS onboardings (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    team_id TEXT,
    created_at BIGINT NOT NULL
);
-- The journey, as its text, is what the billing webhook reads back: nothing in its request tells who began it.
CREATE TABLE IF NOT EXISTS teams (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    journey TEXT,
    plan TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS charges (
    id TEXT PRIMARY KEY,
    team_id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    period BIGINT NOT NULL,
    charged_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS charges_by_team ON charges (team_id, charged_at);
