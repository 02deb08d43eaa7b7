//! What a contract file says, once it is known to be right.

/// One contract.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractFile {
    /// The event's name, the New Relic event type and the body.
    pub event: String,
    /// Raised when a record of the older file would no longer pass.
    pub version: u32,
    /// The Prometheus counter, labelled `step`.
    pub counter: String,
    /// What the event is, in a sentence.
    pub brief: String,
    /// The steps in funnel order; none for a plain event.
    pub steps: Vec<StepSpec>,
    /// Where fixed keys occur that do not occur everywhere.
    pub fixed: Vec<FixedPlacement>,
    /// The attributes of its own, in the order of the file.
    pub attributes: Vec<AttributeSpec>,
    /// What is measured.
    pub kpis: Vec<KpiSpec>,
    /// What is generated, and where to.
    pub outputs: Vec<OutputSpec>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSpec {
    /// The value of `funnelStep`.
    pub name: String,
    /// Whether it still finds room where others are refused.
    pub critical: bool,
    /// What happened, in a sentence.
    pub brief: String,
    /// More about it, for the documentation of the typed event.
    pub doc: String,
    /// The keys without which the typed event cannot be made.
    pub requires: Vec<String>,
}

/// Where a fixed key occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedPlacement {
    /// The key.
    pub key: String,
    /// The positions of the steps.
    pub on: Vec<usize>,
    /// When it is present, for the documentation.
    pub when: Option<String>,
}

/// One attribute of the contract's own.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeSpec {
    /// The key on the wire.
    pub key: String,
    /// What its value must be.
    pub rule: RuleSpec,
    /// Who knows the value.
    pub supplier: SupplierSpec,
    /// The positions of the steps on which it may occur; all of them when empty.
    pub on: Vec<usize>,
    /// When it is present, for the documentation.
    pub when: Option<String>,
    /// What it means.
    pub brief: String,
}

/// What a value must be. A closed list, and there is no rule for free text.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleSpec {
    /// Always this text.
    Const(String),
    /// One of these words; an enum in every language.
    OneOf(Vec<String>),
    /// `[a-z][a-z0-9_-]{0,31}` without numbers and credentials; a service can close it.
    Slug,
    /// A slug that the contract closes to these words.
    SlugOf(Vec<String>),
    /// `[A-Za-z0-9_.-]{1,64}` without addresses, numbers and credentials.
    Name,
    /// `[0-9A-Za-z.+_-]{1,64}` without credentials.
    Version,
    /// A UUID of one of these versions.
    Uuid(Vec<u8>),
    /// The id of a team: a UUID, or a keyed hash of another id.
    Team,
    /// A boolean.
    Boolean,
    /// An integer within these bounds.
    Integer(i64, i64),
    /// A number within these bounds.
    Number(f64, f64),
    /// ISO 3166-1 alpha-2.
    Country,
    /// ISO 4217.
    Currency,
    /// A pseudonym of a network.
    NetworkPseudonym,
    /// A pseudonym of an e-mail address.
    EmailPseudonym,
    /// The id of a business fact.
    FactId,
}

/// Who knows a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SupplierSpec {
    /// The contract: a constant.
    Contract,
    /// The configuration of the process.
    Process,
    /// The service's own middleware.
    Request,
    /// The caller.
    Caller,
}

/// What is measured: the share of the journeys that took a step which took another.
#[derive(Debug, Clone, PartialEq)]
pub struct KpiSpec {
    /// Its name.
    pub name: String,
    /// What it means.
    pub brief: String,
    /// Of these journeys.
    pub from: KpiStep,
    /// The share that did this.
    pub to: KpiStep,
    /// The share that is aimed at.
    pub target: Option<f64>,
}

/// A step of a KPI.
#[derive(Debug, Clone, PartialEq)]
pub struct KpiStep {
    /// The step's position.
    pub step: usize,
    /// Only events whose attributes have these values.
    pub only: Vec<(String, String)>,
    /// How long after the beginning of the journey it counts.
    pub within: Option<Duration>,
}

/// A length of time as the file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duration {
    /// As written: `7 days`.
    pub text: String,
    /// In seconds.
    pub seconds: u64,
}

/// What can be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Typed events, enums and the const contract.
    Rust,
    /// What the attributes of one record are, in JSON Schema 2020-12.
    JsonSchema,
    /// A page for people: steps, attributes, KPIs.
    Markdown,
    /// What `funnel lint --schema` knows of the event.
    NrqlSchema,
    /// Recording rules over the contract's counter.
    Prometheus,
    /// A semantic-convention registry of OpenTelemetry.
    Weaver,
    /// The processors that hold a collector to the contract.
    Collector,
    /// Typed events in Python.
    Python,
    /// Typed events in TypeScript, for Node.js.
    TypeScript,
    /// Typed events in Go.
    Go,
    /// A New Relic dashboard and its queries.
    Dashboards,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Rust,
        Self::JsonSchema,
        Self::Markdown,
        Self::NrqlSchema,
        Self::Prometheus,
        Self::Weaver,
        Self::Collector,
        Self::Python,
        Self::TypeScript,
        Self::Go,
        Self::Dashboards,
    ];

    /// Its word in the file and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JsonSchema => "json-schema",
            Self::Markdown => "markdown",
            Self::NrqlSchema => "nrql-schema",
            Self::Prometheus => "prometheus",
            Self::Weaver => "weaver",
            Self::Collector => "collector",
            Self::Python => "python",
            Self::TypeScript => "typescript",
            Self::Go => "go",
            Self::Dashboards => "dashboards",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub const fn brief(self) -> &'static str {
        match self {
            Self::Rust => "typed events, enums and the const contract",
            Self::JsonSchema => "the attributes of one record, as JSON Schema 2020-12",
            Self::Markdown => "a page for people: steps, attributes, KPIs",
            Self::NrqlSchema => "a description of the event for `funnel lint --schema`",
            Self::Prometheus => "recording rules over the contract's counter",
            Self::Weaver => "a semantic-convention registry of OpenTelemetry",
            Self::Collector => "the processors with which a collector enforces the contract",
            Self::Python => "typed events in Python, with a test and vectors beside them",
            Self::TypeScript => "typed events in TypeScript, with a test and vectors beside them",
            Self::Go => "typed events in Go, with a test and vectors beside them",
            Self::Dashboards => {
                "a New Relic dashboard, with a file of NRQL for each of its questions beside it"
            }
        }
    }

    /// The usual name of its file.
    #[must_use]
    pub fn file_name(self, contract: &ContractFile) -> String {
        let name = crate::names::snake(&contract.event);
        match self {
            Self::Rust => name + ".rs",
            Self::JsonSchema => name + ".schema.json",
            Self::Markdown => name + ".md",
            Self::NrqlSchema => name + ".nrql-schema.json",
            Self::Prometheus => name + ".rules.yaml",
            Self::Weaver => name + ".weaver.yaml",
            Self::Collector => name + ".collector.yaml",
            Self::Python => name + ".py",
            Self::TypeScript => name.replace('_', "-") + ".ts",
            Self::Go => name + ".go",
            Self::Dashboards => name + ".dashboard.json",
        }
    }

    /// From its word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.as_str() == word)
    }
}

/// One line of `[generate]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSpec {
    /// What.
    pub target: Target,
    /// Where to, from the folder of the contract file.
    pub path: String,
}

impl ContractFile {
    /// Whether it is a funnel: a plain event has no steps.
    #[must_use]
    pub fn is_funnel(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The position of a step.
    #[must_use]
    pub fn step_position(&self, name: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.name == name)
    }

    /// An attribute of its own.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AttributeSpec> {
        self.attributes.iter().find(|attribute| attribute.key == key)
    }
}
