//! The command line.

use lexopt::{Arg, Parser, ValueExt};

const USAGE: &str = "\
usage: quickstart [--once] [--json] [--journeys N]
  --once        run the load, print the result and end; 1 if the numbers do not add up
  --json        print the result as one JSON object on the last line
  --journeys N  how many people land, 100 to 1000000 (default 10000)";

/// The fewest journeys that reach every step.
const JOURNEYS: std::ops::RangeInclusive<u32> = 100..=1_000_000;

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) once: bool,
    pub(crate) json: bool,
    pub(crate) journeys: u32,
}

/// What to print instead of running.
pub(crate) struct Usage(pub(crate) String);

impl Arguments {
    pub(crate) fn parse() -> Result<Self, Usage> {
        Self::read(Parser::from_env()).map_err(|error| Usage(format!("{error}\n{USAGE}")))
    }

    fn read(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut arguments = Self { once: false, json: false, journeys: 10_000 };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("once") => arguments.once = true,
                Arg::Long("json") => arguments.json = true,
                Arg::Long("journeys") => {
                    arguments.journeys = parser.value()?.parse()?;
                    if !JOURNEYS.contains(&arguments.journeys) {
                        return Err("--journeys takes a number from 100 to 1000000".into());
                    }
                }
                Arg::Short('h') | Arg::Long("help") => return Err("".into()),
                other => return Err(other.unexpected()),
            }
        }
        Ok(arguments)
    }
}
