//! The text of a race: what two simulators are given alike. The format is told in `peers/README.md`.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};
use std::str::FromStr;

use dapple_simulator::network::{Capacity, Share};
use dapple_simulator::units::{Bytes, SimTime};

use crate::generators::{stream, wire};
use crate::{Input, Route};

/// Why a race file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file itself cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A line is not what it should be.
    #[error("line {line}: {problem}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: LineProblem,
    },
    /// There is no `hosts` line.
    #[error("there is no line `hosts N`")]
    NoHosts,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// It starts with none of the known words.
    #[error("starts with `{0}` instead of `hosts`, `resource`, `route` or `flow`")]
    UnknownWord(String),
    /// A value is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A value is not a number that fits.
    #[error("{what} is `{found}`")]
    BadNumber {
        /// Which value, and what it should be.
        what: &'static str,
        /// What stands there.
        found: String,
    },
    /// It goes on after its end.
    #[error("goes on with `{0}` after its end")]
    TooLong(String),
    /// A number of a thing that no earlier line declares.
    #[error("there is no {what} {number} so far")]
    Unknown {
        /// Host, resource or route.
        what: &'static str,
        /// Its number.
        number: u32,
    },
    /// The number of hosts is told twice.
    #[error("the number of hosts is told a second time")]
    HostsTwice,
    /// The ends of a route are the same, or have a route already.
    #[error("a route leads from one host to another, and there is one route for a pair")]
    BadPair,
    /// A route crosses nothing, or something twice.
    #[error("a route crosses at least one resource, and none of them twice")]
    BadResources,
    /// A flow starts before the one above it.
    #[error("starts before the flow above it")]
    OutOfOrder,
}

/// Why an input cannot be written as a race file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The file itself cannot be written.
    #[error("cannot be written: {0}")]
    Io(#[from] io::Error),
    /// Races know only constant capacities.
    #[error("resource {0} is not a wire of one constant rate, which is all that a race file can tell")]
    Capacity(usize),
    /// Races know only flows of equal weight.
    #[error("flow {0} is not one stream, which is all that a race file can tell")]
    Share(usize),
}

/// Writes an input.
///
/// # Errors
/// Where it holds what the format cannot tell, or cannot be written.
pub fn write(input: &Input, to: &mut impl Write) -> Result<(), WriteError> {
    writeln!(to, "hosts {}", input.hosts)?;
    for (number, capacity) in input.resources.iter().enumerate() {
        let rate = match capacity {
            Capacity::Wire(series) if series.steps().len() == 1 => series.at(SimTime::ZERO).as_bytes_per_s(),
            _ => return Err(WriteError::Capacity(number)),
        };
        writeln!(to, "resource {rate}")?;
    }
    for Route { from, to: end, resources } in &input.routes {
        write!(to, "route {from} {end}")?;
        for resource in resources {
            write!(to, " {resource}")?;
        }
        writeln!(to)?;
    }
    for (number, flow) in input.flows.iter().enumerate() {
        if flow.share != Share::Streams(1) {
            return Err(WriteError::Share(number));
        }
        writeln!(to, "flow {} {} {}", flow.start.as_nanos(), flow.route, flow.bytes.get())?;
    }
    Ok(())
}

/// Reads an input.
///
/// # Errors
/// Where a line is not what it should be; the number of the line is told.
pub fn read(from: impl BufRead) -> Result<Input, ReadError> {
    let mut reader = Reader::default();
    for (index, text) in from.lines().enumerate() {
        reader.line(&text?).map_err(|problem| ReadError::Line { line: index + 1, problem })?;
    }
    if reader.hosts.is_none() {
        return Err(ReadError::NoHosts);
    }
    Ok(reader.input)
}

#[derive(Default)]
struct Reader {
    input: Input,
    hosts: Option<u32>,
    pairs: BTreeSet<(u32, u32)>,
}

impl Reader {
    fn line(&mut self, text: &str) -> Result<(), LineProblem> {
        let mut words = text.split_whitespace();
        match words.next() {
            None => return Ok(()),
            Some(word) if word.starts_with('#') => return Ok(()),
            Some("hosts") => self.hosts(&mut words)?,
            Some("resource") => self.resource(&mut words)?,
            Some("route") => self.route(&mut words)?,
            Some("flow") => self.flow(&mut words)?,
            Some(word) => return Err(LineProblem::UnknownWord(word.to_owned())),
        }
        words.next().map_or(Ok(()), |word| Err(LineProblem::TooLong(word.to_owned())))
    }

    fn hosts<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>) -> Result<(), LineProblem> {
        let hosts = number(words.next(), "the number of hosts")?;
        self.input.hosts = hosts;
        self.hosts.replace(hosts).map_or(Ok(()), |_| Err(LineProblem::HostsTwice))
    }

    fn resource<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>) -> Result<(), LineProblem> {
        const WHAT: &str = "the capacity in bytes per second, finite and positive,";
        let found = words.next();
        let rate: f64 = number(found, WHAT)?;
        if !(rate.is_finite() && rate > 0.0) {
            return Err(LineProblem::BadNumber { what: WHAT, found: found.unwrap_or_default().to_owned() });
        }
        self.input.resources.push(wire(rate));
        Ok(())
    }

    fn route<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>) -> Result<(), LineProblem> {
        let hosts = self.hosts.unwrap_or_default();
        let from = known("host", number(words.next(), "the first host")?, hosts as usize)?;
        let to = known("host", number(words.next(), "the last host")?, hosts as usize)?;
        let n_resources = self.input.resources.len();
        let resources: Vec<u32> = words
            .map(|word| known("resource", number(Some(word), "the number of a resource")?, n_resources))
            .collect::<Result<_, _>>()?;
        if from == to || !self.pairs.insert((from, to)) {
            return Err(LineProblem::BadPair);
        }
        let distinct: BTreeSet<u32> = resources.iter().copied().collect();
        if resources.is_empty() || distinct.len() < resources.len() {
            return Err(LineProblem::BadResources);
        }
        self.input.routes.push(Route { from, to, resources });
        Ok(())
    }

    fn flow<'a>(&mut self, words: &mut impl Iterator<Item = &'a str>) -> Result<(), LineProblem> {
        let start = SimTime::from_nanos(number(words.next(), "the start in nanoseconds")?);
        let route = known("route", number(words.next(), "the number of a route")?, self.input.routes.len())?;
        let bytes: u64 = number(words.next(), "the number of bytes")?;
        if bytes == 0 {
            return Err(LineProblem::BadNumber { what: "the number of bytes, positive,", found: "0".to_owned() });
        }
        if self.input.flows.last().is_some_and(|last| last.start > start) {
            return Err(LineProblem::OutOfOrder);
        }
        self.input.flows.push(stream(start, route, Bytes::new(bytes)));
        Ok(())
    }
}

fn number<T: FromStr>(word: Option<&str>, what: &'static str) -> Result<T, LineProblem> {
    let word = word.ok_or(LineProblem::Missing(what))?;
    word.parse().map_err(|_| LineProblem::BadNumber { what, found: word.to_owned() })
}

fn known(what: &'static str, number: u32, count: usize) -> Result<u32, LineProblem> {
    if (number as usize) < count { Ok(number) } else { Err(LineProblem::Unknown { what, number }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators;

    #[test]
    fn what_was_written_is_read_again() {
        for input in [generators::grid(5, 0.9, 20, 3), generators::star(4, 3), generators::one_link(10, 3)] {
            let mut text = Vec::new();
            write(&input, &mut text).expect("fits the format");
            assert_eq!(read(text.as_slice()).expect("was just written"), input);
        }
        let curves = generators::dtn_heavy(3, 5, 1);
        assert!(matches!(write(&curves, &mut Vec::new()), Err(WriteError::Capacity(6))));
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let start = "# two hosts\nhosts 2\n\nresource 1e9\nroute 0 1 0\nflow 5 0 100\n";
        read(start.as_bytes()).expect("is well");
        let cases = [
            ("hosts 3", "line 7: the number of hosts is told a second time"),
            ("hosts", "line 7: the number of hosts is missing"),
            ("link 3", "line 7: starts with `link` instead of `hosts`, `resource`, `route` or `flow`"),
            ("resource NaN", "line 7: the capacity in bytes per second, finite and positive, is `NaN`"),
            ("resource 1 2", "line 7: goes on with `2` after its end"),
            ("route 1 2 0", "line 7: there is no host 2 so far"),
            ("route 1 0 1", "line 7: there is no resource 1 so far"),
            ("route 0 1 0", "line 7: a route leads from one host to another, and there is one route for a pair"),
            ("route 1 0", "line 7: a route crosses at least one resource, and none of them twice"),
            ("flow 5 1 100", "line 7: there is no route 1 so far"),
            ("flow 4 0 100", "line 7: starts before the flow above it"),
            ("flow 5 0 0", "line 7: the number of bytes, positive, is `0`"),
            ("flow -5 0 1", "line 7: the start in nanoseconds is `-5`"),
        ];
        for (line, message) in cases {
            let error = read(format!("{start}{line}\n").as_bytes()).expect_err(line);
            assert_eq!(error.to_string(), message);
        }
        assert_eq!(read("resource 1\n".as_bytes()).expect_err("no hosts").to_string(), "there is no line `hosts N`");
    }
}
