//! The enumerations of the settings.

/// How much of the journal a record may claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Priority {
    /// Frequent and cheap to lose: may fill the journal up to a mark
    /// ([`Builder::bulk_percent`](crate::Builder::bulk_percent)).
    Bulk,
    /// Rare and costly to lose: may fill all of the journal, and is sent first.
    Critical,
}

/// What survives what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Durability {
    /// With a directory, survives the death of the process; the operating system writes it to the disk in its own
    /// time, so a power loss can take the last seconds.
    #[default]
    Process,
    /// Survives a power loss too: `append` returns after the disk has it, which costs a disk write (0.1–10 ms) on
    /// the caller's thread. Without a directory it is the same as `Process`.
    Synced,
}

/// How OTLP is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// Protocol buffers over HTTP/1.1; port 4318 by convention.
    #[default]
    HttpProtobuf,
    /// gRPC (feature `grpc`); port 4317 by convention. The endpoint's path is not used, and neither is a proxy.
    Grpc,
}

/// The encoding of a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// As it is.
    None,
    /// gzip, level 1 (feature `gzip`).
    Gzip,
    /// zstd, level −1 (feature `zstd`).
    Zstd,
}

/// Where trusted certificates come from when no file is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Roots {
    /// Mozilla's list, compiled in.
    #[default]
    Bundled,
    /// The machine's own store (feature `system-roots`).
    System,
}
