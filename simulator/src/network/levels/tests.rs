//! Random changes, step by step against plain filling.

use super::*;
use proptest::prelude::*;

/// What may happen to a network of so many resources.
#[derive(Clone, Debug)]
enum Step {
    Add { path: Vec<u32>, flows: u32, weight: f64, cap: f64 },
    Set { nth: usize, flows: u32, weight: f64, cap: f64 },
    Remove { nth: usize },
    Change { resource: u32, equation: Equation },
    Relax,
    Refill,
}

/// Wires, some of them closed, and access laws: few values, so that levels and bounds often tie.
fn equations() -> impl Strategy<Value = Equation> {
    let wire = |numerator| Equation { numerator, scale: 1.0, base: 0.0 };
    prop_oneof![
        4 => (1u32..6).prop_map(move |capacity| wire(f64::from(capacity) * 30e6)),
        4 => (1e6..1e9).prop_map(wire),
        1 => Just(wire(0.0)),
        1 => Just(wire(f64::INFINITY)),
        2 => (1e-9..1e-7, 0.0..1e-8).prop_map(|(base, scale)| Equation { numerator: 1.0, scale, base }),
    ]
}

fn weights() -> impl Strategy<Value = f64> {
    prop_oneof![3 => (1u32..4).prop_map(f64::from), 1 => 0.1..1.0]
}

fn caps() -> impl Strategy<Value = f64> {
    prop_oneof![3 => Just(f64::INFINITY), 1 => 1e5..1e8, 1 => Just(10e6)]
}

fn steps(n: u32, longest: usize) -> impl Strategy<Value = Vec<Step>> {
    let paths = proptest::sample::subsequence((0..n).collect::<Vec<u32>>(), 1..=longest.min(n as usize));
    let step = prop_oneof![
        6 => (paths, 1u32..4, weights(), caps()).prop_map(|(path, flows, weight, cap)| Step::Add { path, flows, weight, cap }),
        3 => (any::<usize>(), 1u32..4, weights(), caps()).prop_map(|(nth, flows, weight, cap)| Step::Set { nth, flows, weight, cap }),
        4 => any::<usize>().prop_map(|nth| Step::Remove { nth }),
        1 => (0..n, equations()).prop_map(|(resource, equation)| Step::Change { resource, equation }),
        6 => Just(Step::Relax),
        1 => Just(Step::Refill),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A network, the equations as they are now, and its living classes with their paths.
struct Twin {
    levels: Levels,
    equations: Vec<Equation>,
    classes: Vec<(u32, Vec<usize>)>,
    limiters: Vec<Limiter>,
}

impl Twin {
    fn new(equations: &[Equation]) -> Self {
        let mut levels = Levels::default();
        equations.iter().for_each(|equation| levels.add_resource(*equation));
        Self { levels, equations: equations.to_vec(), classes: Vec::new(), limiters: Vec::new() }
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Add { path, flows, weight, cap } => {
                let class = (0..).find(|id| self.classes.iter().all(|(class, _)| class != id)).expect("endless");
                let kept = self.levels.add_path(path.iter().copied());
                let (flows, cap_level) = (f64::from(*flows), cap / weight);
                let member = Member { flows, weight: *weight, cap_level, limiter: Limiter::Unsolved };
                self.levels.add_class(class, kept, member);
                self.classes.push((class, path.iter().map(|&resource| resource as usize).collect()));
                self.limiters.resize(self.limiters.len().max(class as usize + 1), Limiter::Unsolved);
                self.limiters[class as usize] = Limiter::Unsolved;
            }
            Step::Set { nth, flows, weight, cap } if !self.classes.is_empty() => {
                let (class, _) = self.classes[nth % self.classes.len()];
                self.levels.set_flows(class, f64::from(*flows), *weight, cap / weight);
            }
            Step::Remove { nth } if !self.classes.is_empty() => {
                let (class, _) = self.classes.swap_remove(nth % self.classes.len());
                self.levels.remove_class(class);
            }
            Step::Change { resource, equation } => {
                self.equations[*resource as usize] = *equation;
                self.levels.set_equation(*resource, *equation);
            }
            Step::Relax => self.relax(),
            Step::Refill => self.levels.refill(),
            Step::Set { .. } | Step::Remove { .. } => {}
        }
    }

    /// Rates are those of plain filling, limiters and what is told of their changes agree, loads are sums of rates.
    fn relax(&mut self) {
        let (mut changed, mut moved) = (Vec::new(), Vec::new());
        let before: Vec<f64> = (0..self.equations.len() as u32).map(|id| self.levels.level(id)).collect();
        self.levels.relax(&mut changed, &mut moved);
        for &(class, before) in &moved {
            assert_eq!(
                std::mem::replace(&mut self.limiters[class as usize], self.levels.member(class).limiter),
                before
            );
        }
        for (id, before) in (0..).zip(before) {
            assert!(changed.contains(&id) || self.levels.level(id) == before, "resource {id} changed in silence");
        }
        let members: Vec<Member> = self.classes.iter().map(|(class, _)| *self.levels.member(*class)).collect();
        let demands: Vec<Demand<'_>> = members
            .iter()
            .zip(&self.classes)
            .map(|(member, (_, resources))| {
                let cap = member.cap_level * member.weight;
                Demand { flows: member.flows, weight: member.weight, cap, resources }
            })
            .collect();
        let filled = fill(&self.equations, &demands);
        let mut loads = vec![0.0; self.equations.len()];
        for ((class, resources), member) in self.classes.iter().zip(&members) {
            let expected = resources.iter().map(|&id| filled[id]).fold(member.cap_level, f64::min);
            let found = self.levels.level_of(*class);
            let scale = if expected.is_finite() { expected.abs() } else { 1.0 };
            assert!(
                found == expected || (found - expected).abs() <= 1e-11 * scale,
                "class {class}: {found} and not {expected}"
            );
            assert_eq!(self.limiters[*class as usize], member.limiter);
            let lowest = resources.iter().map(|&id| self.levels.level(id as u32)).fold(member.cap_level, f64::min);
            assert_eq!(found, lowest, "class {class} does not follow what limits it");
            resources.iter().for_each(|&id| loads[id] += member.flows * member.weight * found);
        }
        for (id, load) in (0..).zip(loads) {
            let found = self.levels.load(id);
            assert!(
                found == load || (found - load).abs() <= 1e-12 * load,
                "resource {id} carries {found} and not {load}"
            );
        }
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Short paths, few resources: everything touches everything.
    #[test]
    fn levels_are_those_of_plain_filling(
        (equations, steps) in (proptest::collection::vec(equations(), 1..8))
            .prop_flat_map(|equations| { let n = equations.len() as u32; (Just(equations), steps(n, 4)) })
    ) {
        let mut twin = Twin::new(&equations);
        steps.iter().for_each(|step| twin.apply(step));
        twin.relax();
    }

    /// Paths longer than what a node lists, on a wider network.
    #[test]
    fn long_paths_are_no_different(
        (equations, steps) in (proptest::collection::vec(equations(), 6..16))
            .prop_flat_map(|equations| { let n = equations.len() as u32; (Just(equations), steps(n, 9)) })
    ) {
        let mut twin = Twin::new(&equations);
        steps.iter().for_each(|step| twin.apply(step));
        twin.relax();
    }
}
