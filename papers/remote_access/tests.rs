//! The analysis on reads made up by the law itself, without an engine.

use dapple_models::regression::ProbeCoefficients;
use dapple_records::{TableData, Value, tables};

use super::*;

const LAW: (f64, f64, f64) = (0.023568, 0.043705, 0.001538);

/// A read of the fluid: process, MB, and what becomes of it.
#[derive(Clone, Default)]
struct Read {
    process: usize,
    size: f64,
    left: f64,
    seconds: f64,
    con_th: f64,
    con_pr: f64,
}

/// Runs processes that start together, one list of sizes each, to their end (physics of the law: equal threads stream at
/// `1 / (D (1 + c K))`).
fn together((a, b, c): (f64, f64, f64), processes: &[Vec<f64>]) -> Vec<Read> {
    let read = |process, &size: &f64| Read { process, size, left: size, ..Read::default() };
    let mut reads: Vec<Read> = processes
        .iter()
        .enumerate()
        .flat_map(|(process, sizes)| sizes.iter().map(move |size| read(process, size)))
        .collect();
    let (mut now, mut moved) = (0.0, vec![0.0; processes.len()]);
    while reads.iter().any(|read| read.left > 0.0) {
        let active = |p: usize| reads.iter().filter(|read| read.process == p && read.left > 0.0).count() as f64;
        let cost = |p: usize| a + (active(p) - 1.0) * b - active(p) * c;
        let k: f64 = (0..processes.len()).filter(|&p| active(p) > 0.0).map(|p| active(p) / cost(p)).sum();
        let rates: Vec<f64> = (0..processes.len()).map(|p| 1.0 / (cost(p) * (1.0 + c * k))).collect();
        let running = reads.iter().filter(|read| read.left > 0.0);
        let step = running.map(|read| read.left / rates[read.process]).fold(f64::INFINITY, f64::min);
        now += step;
        for read in reads.iter_mut().filter(|read| read.left > 0.0) {
            moved[read.process] += rates[read.process] * step;
            read.left -= rates[read.process] * step;
        }
        for read in reads.iter_mut().filter(|read| read.seconds == 0.0 && read.left < 1e-9) {
            read.left = 0.0;
            read.seconds = now;
            read.con_th = moved[read.process] - read.size;
            read.con_pr = moved.iter().sum::<f64>() - moved[read.process];
        }
    }
    reads
}

fn table(reads: &[Read]) -> TableData {
    let mut table = TableData::new(tables::reads::schema());
    for (id, read) in reads.iter().enumerate() {
        let bytes = (read.size * 1e6) as i64;
        table.push(&[
            Value::Int(id as i64),
            Value::Text("campaign"),
            Value::Int(read.process as i64),
            Value::Int(0),
            Value::Int(id as i64),
            Value::Text("remote"),
            Value::Text("GRIF"),
            Value::Int(bytes),
            Value::Float(1.0),
            Value::Int(bytes),
            Value::Int(0),
            Value::Int(0),
            Value::Int((read.seconds * 1e9) as i64),
            Value::Float(read.con_th * 1e6),
            Value::Float(read.con_pr * 1e6),
        ]);
    }
    table
}

/// Sizes of 300 to 3000 MB without a pattern.
fn size(nth: usize) -> f64 {
    300.0 + ((nth * 7919) % 2701) as f64
}

fn small_campaign() -> TableData {
    let mut reads = Vec::new();
    for step in 0..60 {
        let shape: &[usize] = [&[1][..], &[2], &[4], &[1, 1, 1, 1], &[1; 9], &[3, 1, 2]][step % 6];
        let mut nth = step * 31;
        let sizes = |&threads: &usize| {
            (0..threads)
                .map(|_| {
                    nth += 1;
                    size(nth)
                })
                .collect()
        };
        reads.extend(together(LAW, &shape.iter().map(sizes).collect::<Vec<Vec<f64>>>()));
    }
    table(&reads)
}

const FEW: NoisePlan = NoisePlan { seed: 3, replications: 15 };

#[test]
fn reads_become_the_papers_variables() {
    let campaign = dataset(&small_campaign()).expect("a table of reads");
    assert_eq!((campaign.n_reads(), campaign.n_mixed()), (10 * (1 + 2 + 4 + 4 + 9 + 6), 10 * 5));
    let law =
        |row: usize| LAW.0 * campaign.size_mb[row] + LAW.1 * campaign.con_th_mb[row] + LAW.2 * campaign.con_pr_mb[row];
    assert!((0..campaign.n_reads()).all(|row| (law(row) - campaign.seconds[row]).abs() < 1e-6));
}

#[test]
fn unusable_tables_are_typed_errors() {
    let jobs = TableData::new(tables::jobs::schema());
    assert!(matches!(dataset(&jobs), Err(RemoteAccessError::Column { column: "mode", .. })));
    let none = dataset(&TableData::new(tables::reads::schema())).expect("empty");
    assert!(matches!(reproduce(&none, FEW), Err(RemoteAccessError::Fit { equation: 1, .. })));
    let truth = ProbeCoefficients { a: 0.02, b: 0.02 };
    let error = probe(truth, &small_campaign());
    assert!(matches!(error, Err(RemoteAccessError::NoProbe { reads: 260, .. })));
}

#[test]
fn what_was_put_in_comes_out() {
    let campaign = dataset(&small_campaign()).expect("reads");
    let found = reproduce(&campaign, FEW).expect("enough rows");
    for fit in &found.fits {
        assert!(fit.distance_from_law() < 1e-6, "eq. {}: {}", fit.equation.number(), fit.distance_from_law());
    }
    assert!(found.interaction.largest_effect_s.is_some_and(|effect| effect < 1e-6 * found.interaction.longest_s));
    assert_eq!(found, reproduce(&campaign, FEW).expect("the same"));
}

#[test]
fn noise_is_calibrated_on_eq_1_alone() {
    let campaign = dataset(&small_campaign()).expect("reads");
    let found = reproduce(&campaign, FEW).expect("enough rows");
    for study in &found.noise {
        let range = Range::of(&study.f(Equation::Full));
        let published = Equation::Full.published().f;
        assert!((range.median / published - 1.0).abs() < 1e-5, "{}: {}", study.noise, range.median);
        assert_eq!(study.size, study.size_of_each[0]);
        assert_eq!(study.f(Equation::Threads).len(), FEW.replications);
        assert!(study.false_interactions().is_some());
    }
    let [multiplicative, additive] = &found.noise[..] else { panic!("two kinds") };
    assert_eq!((multiplicative.negative_share, additive.noise), (0.0, Noise::Additive));
}

#[test]
fn more_replications_change_none_of_the_earlier() {
    let campaign = dataset(&small_campaign()).expect("reads");
    let more = NoisePlan { replications: 2 * FEW.replications, ..FEW };
    let (few, many) = (noise::deviates(FEW, 9), noise::deviates(more, 9));
    assert_eq!(few, many[..FEW.replications]);
    assert_ne!(few[0], few[1]);
    assert!(noise::study(&campaign, Noise::Additive, more).is_ok());
}

#[test]
fn a_design_without_mixed_reads_cannot_test_the_product() {
    let alone = [vec![vec![900.0], vec![2000.0]], vec![vec![400.0, 1500.0]], vec![vec![2500.0, 700.0, 800.0]]];
    let reads: Vec<Read> = alone.iter().flat_map(|step| together(LAW, step)).collect();
    let campaign = dataset(&table(&reads)).expect("reads");
    let check = interaction::check(&campaign).expect("enough rows");
    assert_eq!((check.n_mixed, check.largest_effect_s), (0, None));
}

/// Begy et al. 2019, eq. 7 and 8, on times that obey the law they are meant for.
#[test]
fn the_papers_probe_estimator_is_biased() {
    let truth = ProbeCoefficients { a: LAW.0, b: LAW.1 };
    let reads = together(LAW, &[vec![300.0, 2000.0]]);
    let found = probe(truth, &table(&reads)).expect("a probe");
    let ((paper_a, paper_b), (exact_a, exact_b)) = (found.relative(found.paper), found.relative(found.exact));
    assert!((paper_a - 1.165).abs() < 5e-4 && (paper_b - 0.41).abs() < 5e-3, "{paper_a} {paper_b}");
    assert!((exact_a - 1.0).abs() < 1e-8 && (exact_b - 1.0).abs() < 1e-8, "{exact_a} {exact_b}");
    let closed = slowed_probe(truth).expect("positive");
    assert!((closed.times.large_s - found.times.large_s).abs() < 1e-6);
    assert!((closed.paper.a / found.paper.a - 1.0).abs() < 1e-8);
}

#[test]
fn published_figures_agree_with_themselves() {
    let counts = Equation::ALL.map(|equation| equation.published().n_rows());
    assert_eq!(counts, [1122, 342, 834]);
    for equation in Equation::ALL {
        assert_eq!(equation.published().coefficients.len(), equation.published().df_model);
    }
    let b = [Equation::Full, Equation::Threads].map(|equation| equation.published().coefficients[1]);
    assert!(((b[1] / b[0]).ln() - -0.018).abs() < 5e-4);
}

#[test]
fn sheets_have_as_many_cells_in_each_row() {
    let campaign = dataset(&small_campaign()).expect("reads");
    let found = reproduce(&campaign, FEW).expect("enough rows");
    let mut sheets: Vec<_> = found.fits.iter().map(|fit| equation_sheet(fit, &found.noise)).collect();
    let truth = ProbeCoefficients { a: LAW.0, b: LAW.1 };
    sheets.extend([noise_sheet(&found), interaction_sheet(&found)]);
    sheets.push(probe_sheet(&[slowed_probe(truth).expect("positive")]));
    for sheet in sheets {
        assert!(
            sheet.rows.len() > 1 && sheet.rows.iter().all(|row| row.len() == sheet.rows[0].len()),
            "{}",
            sheet.name
        );
        assert!(!sheet.notes.is_empty());
    }
}
