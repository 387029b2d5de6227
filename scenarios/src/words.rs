//! A scenario in words, for the head of a report: what grid, what data, who asks for what, what is compared.

use dapple_simulator::ids::{DatasetId, PoolId, RseId};
use dapple_simulator::units::{Bytes, Rate};
use dapple_simulator::workload::{Inputs, RuleData, Workload, WorkloadKind};

use serde::Serialize;

use crate::notation;
use crate::{PolicySet, Scenario};

/// Things of one kind that are told one by one; of more it is said how many.
const TOLD: usize = 8;

impl Scenario {
    /// What the scenario is about, as headings and short sentences. It says what is most asked for; all of it is in
    /// [`Scenario::resolved`].
    pub fn in_words(&self) -> Vec<(String, String)> {
        let mut rows = vec![("Grid".to_owned(), self.grid())];
        let datasets = self.setup.datasets.ids().map(|id| self.dataset(id)).collect();
        let workloads = self.setup.workloads.values().map(|workload| self.workload(workload)).collect();
        let policies = self.policies.iter().map(|policy| format!("`{}`: {}", policy.name, decides(policy))).collect();
        for (heading, told) in [("Data", datasets), ("Workload", workloads), ("Policies", policies)] {
            rows.extend(first_of(told).map(|told| (heading.to_owned(), told)));
        }
        rows.push(("Run".to_owned(), self.run()));
        rows
    }

    fn grid(&self) -> String {
        let map = &self.setup.topology.map;
        let space: u64 =
            map.rses().values().filter_map(|rse| rse.capacity).map(Bytes::get).fold(0, u64::saturating_add);
        let endless = map.rses().values().filter(|rse| rse.capacity.is_none()).count();
        let slots: u64 = map.pools().values().map(|pool| u64::from(pool.nodes) * u64::from(pool.slots)).sum();
        let rates = || map.links().values().map(|link| link.bandwidth);
        let slowest = rates().fold(Rate::INFINITE, |a, b| if b < a { b } else { a });
        let fastest = rates().fold(Rate::ZERO, |a, b| if b > a { b } else { a });
        let space = match (space, endless) {
            (0, _) => "without limits of space".to_owned(),
            (_, 0) => Bytes::new(space).to_string(),
            _ => format!("{}, {endless} of them without a limit", Bytes::new(space)),
        };
        let links = match map.links().len() {
            0 => "no links".to_owned(),
            n if slowest == fastest => format!("{} of {}", number(n, "link"), written(&slowest)),
            n => format!("{n} links of {} to {}", written(&slowest), written(&fastest)),
        };
        format!(
            "{}; {} ({space}); {} with {slots} slots in all; {links}",
            number(map.sites().len(), "site"),
            number(map.rses().len(), "RSE"),
            number(map.pools().len(), "pool"),
        )
    }

    fn dataset(&self, id: DatasetId) -> String {
        let dataset = &self.setup.datasets[id];
        let at: Vec<&str> = dataset.replicas.iter().map(|&rse| self.rse(rse)).collect();
        let mean = Bytes::from_f64(dataset.size.mean());
        format!("`{}`: {} of {mean} on average at {}", dataset.name, number(dataset.files as usize, "file"), some(&at))
    }

    fn workload(&self, workload: &Workload) -> String {
        let horizon = self.setup.horizon;
        let what = match &workload.kind {
            WorkloadKind::Jobs(stream) => {
                let reads = match &stream.job.inputs {
                    Inputs::None => "read nothing".to_owned(),
                    Inputs::Dataset { dataset, files, .. } => {
                        let name = &self.setup.datasets[*dataset].name;
                        format!("read {} of `{name}` each", number(*files as usize, "file"))
                    }
                    Inputs::Fresh { rse, files, .. } => {
                        format!("read {} of their own at {} each", number(*files as usize, "file"), self.rse(*rse))
                    }
                    Inputs::Sized { rse, sizes } => {
                        format!("read {} of their own at {} each", number(sizes.len(), "file"), self.rse(*rse))
                    }
                };
                let n = stream.arrivals.expected(horizon).round();
                format!("about {n} jobs in pool {}, which {reads}", self.pool(stream.pool))
            }
            WorkloadKind::Campaign(campaign) => {
                let jobs = campaign.steps.iter().map(Vec::len).sum();
                let steps = number(campaign.steps.len(), "step");
                format!("a campaign of {} in {steps} in pool {}", number(jobs, "job"), self.pool(campaign.pool))
            }
            WorkloadKind::JobTrace(trace) => format!("{} of a log", number(trace.jobs.len(), "job")),
            WorkloadKind::Transfers(stream) => {
                let n = stream.arrivals.expected(horizon).round();
                let to: Vec<&str> = stream.destinations.iter().map(|&rse| self.rse(rse)).collect();
                format!("about {n} transfers from {} to {}", self.rse(stream.source), some(&to))
            }
            WorkloadKind::Rules(stream) => {
                let n = stream.arrivals.expected(horizon).round();
                let on = match &stream.data {
                    RuleData::Existing(data) => format!("one of {} each", number(data.len(), "dataset")),
                    RuleData::Fresh { sources, files, .. } => {
                        format!(
                            "new datasets of {:.0} files on average at {}",
                            files.mean(),
                            number(sources.len(), "RSE")
                        )
                    }
                };
                let to = match &stream.targets {
                    Some(targets) => format!("one of {}", number(targets.len(), "RSE")),
                    None => format!("`{}`", stream.rule.rses),
                };
                format!("about {n} rules on {on}, to {to}")
            }
            WorkloadKind::Datasets(stream) => {
                let n = stream.arrivals.expected(horizon).round();
                format!("about {n} files at {}, {} in a dataset", self.rse(stream.rse), stream.files)
            }
            WorkloadKind::Steps(steps) => format!("{} that persons take", number(steps.len(), "step")),
            WorkloadKind::TransferTrace(trace) => format!("{} of a log", number(trace.transfers.len(), "transfer")),
        };
        format!("`{}`: {what}", workload.name)
    }

    fn run(&self) -> String {
        let experiment = &self.experiment;
        let warm_up = self.record.warm_up;
        let mut text = format!("to {} of simulated time", written(&self.setup.horizon));
        if warm_up.as_nanos() > 0 {
            text.push_str(&format!(", counted from {} on", written(&warm_up)));
        }
        text.push_str(&format!(
            "; {} of each policy from seed {}; compared with `{}` by {}",
            number(experiment.replications as usize, "replication"),
            self.seed,
            experiment.baseline,
            experiment.primary_kpi.info().title
        ));
        for axis in &experiment.sweep {
            let values: Vec<&str> = axis.values.iter().map(|value| value.text.as_str()).collect();
            text.push_str(&format!("; {} varied over {}", axis.path, some(&values)));
        }
        text
    }

    fn rse(&self, id: RseId) -> &str {
        &self.setup.topology.map.rses()[id].name
    }

    fn pool(&self, id: PoolId) -> &str {
        &self.setup.topology.map.pools()[id].name
    }
}

/// What a set of policies does, without what it leaves as it is: `access Place(min_reuse:1)`.
fn decides(policy: &PolicySet) -> String {
    without_brackets(policy.behaviour())
}

fn without_brackets(behaviour: &str) -> String {
    let fields = behaviour.strip_prefix("(name:\"\",").and_then(|fields| fields.strip_suffix(')')).unwrap_or(behaviour);
    let fields = fields.strip_suffix(",source:None").unwrap_or(fields);
    fields.replacen("access:", "access ", 1).replacen(",source:", ", source ", 1)
}

/// A quantity in the unit that a scenario writes it in: `10 Gbps` of `Gbps(10.0)`.
fn written(value: &impl Serialize) -> String {
    let written = notation::compact(value);
    let Some((unit, number)) = written.strip_suffix(')').and_then(|written| written.split_once('(')) else {
        return written;
    };
    format!("{} {}", number.strip_suffix(".0").unwrap_or(number), unit)
}

/// The first of them, and how many more there are.
fn first_of(mut told: Vec<String>) -> impl Iterator<Item = String> {
    let more = told.len().saturating_sub(TOLD);
    told.truncate(TOLD);
    told.into_iter().chain((more > 0).then(|| format!("and {more} more")))
}

fn some(words: &[&str]) -> String {
    let more = words.len().saturating_sub(TOLD);
    let first = words[..words.len().min(TOLD)].join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

/// `1 site`, `2 sites`.
fn number(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use crate::{LoadOptions, Registry, load_bundled};

    #[test]
    fn the_quickstart_is_told_in_words() {
        let registry = Registry::standard();
        let scenario =
            load_bundled("quickstart/two-sites.ron", &LoadOptions::default(), &registry).expect("it is good");
        let words = scenario.in_words();
        let told = |heading: &str| {
            let rows = words.iter().filter(|(name, _)| name == heading).map(|(_, told)| told.as_str());
            rows.collect::<Vec<_>>().join("\n")
        };
        assert!(told("Grid").starts_with("2 sites; 2 RSEs ("), "{}", told("Grid"));
        assert!(told("Grid").ends_with("; 2 links of 2 Gbps"), "{}", told("Grid"));
        assert!(told("Workload").contains("jobs in pool "), "{}", told("Workload"));
        assert!(
            told("Policies").starts_with("`place`: access Place(min_reuse:1)\n`remote`: access AlwaysRemote"),
            "{}",
            told("Policies")
        );
        assert!(told("Run").starts_with("to 14 Hours of simulated time, counted from 2 Hours on"), "{}", told("Run"));
        assert!(told("Run").contains("compared with `"), "{}", told("Run"));
        // Brackets within stay closed.
        let custom =
            r#"[(name: "place", access: Place(), source: LeastQueue), (name: "remote", access: AlwaysRemote)]"#;
        let set = [("policies".to_owned(), custom.to_owned())];
        let options = LoadOptions { overrides: &set, ..LoadOptions::default() };
        let scenario = load_bundled("quickstart/two-sites.ron", &options, &registry).expect("it is good");
        assert_eq!(super::decides(&scenario.policies[0]), "access Place(min_reuse:1), source LeastQueue");
        assert_eq!(
            super::without_brackets("(name:\"\",access:AlwaysRemote,source:Custom(name:\"x\",params:(a: 1)))"),
            "access AlwaysRemote, source Custom(name:\"x\",params:(a: 1))"
        );
        // Many are counted.
        let many: String = (0..12)
            .map(|n| {
                format!("(name: \"d{n}\", files: 1, size: Constant(GB(1)), replicas: [\"GRIF-LPNHE_SCRATCHDISK\"]),")
            })
            .collect();
        let set = [
            ("data.datasets".to_owned(), format!("[{many}]")),
            ("workload".to_owned(), "[]".to_owned()),
            ("experiment.sweep".to_owned(), "[]".to_owned()),
        ];
        let options = LoadOptions { overrides: &set, ..LoadOptions::default() };
        let scenario = load_bundled("quickstart/two-sites.ron", &options, &registry).expect("it is good");
        let data = scenario.in_words().into_iter().filter(|(name, _)| name == "Data").collect::<Vec<_>>();
        assert_eq!((data.len(), data[8].1.as_str()), (9, "and 4 more"));
    }
}
