//! The figures of section 3 and 4 as tables: theirs, what was put in, ours.

use dapple_reports::page::{Label, Sheet};

use super::{Equation, EquationFit, InteractionCheck, Noise, NoiseStudy, Probe, Range, Reproduction};

/// Coefficients that a reduced model shares with eq. 1; the paper compares the second and the last.
const SHARED: [(Equation, &str); 4] = [
    (Equation::Threads, "S"),
    (Equation::Threads, "ConTh"),
    (Equation::Processes, "S"),
    (Equation::Processes, "ConPr"),
];

const HEADING: [&str; 7] = ["figure", "paper", "put in", "ours", "95 % of replications", "agrees", "label"];

/// Theirs and ours for one equation, without noise and under each kind of it.
pub fn equation_sheet(fit: &EquationFit, noise: &[NoiseStudy]) -> Sheet {
    let equation = fit.equation;
    let published = equation.published();
    let number = equation.number();
    let title = format!("Eq. {number}: {}", equation.formula());
    let mut sheet = Sheet::new(&format!("eq{number}"), title, &HEADING, 1);
    let counts = [
        ("reads n", published.n_rows(), fit.fit.n_rows),
        ("coefficients", published.df_model, fit.fit.rank),
        ("residual degrees of freedom", published.df_residual, fit.fit.df_residual),
    ];
    for (figure, theirs, ours) in counts {
        sheet.row([
            figure.into(),
            theirs.to_string(),
            String::new(),
            ours.to_string(),
            String::new(),
            yes_or_no(theirs == ours),
            Label::Consistency.to_string(),
        ]);
    }
    for (at, column) in equation.columns().iter().enumerate() {
        let (theirs, ours) = (published.coefficients[at], fit.coefficients()[at]);
        let put_in = Equation::Full.published_coefficient(column).unwrap_or(f64::NAN);
        sheet.row([
            format!("{column} [s/MB], no noise"),
            theirs.to_string(),
            put_in.to_string(),
            format!("{ours:.9}"),
            String::new(),
            yes_or_no((ours / put_in - 1.0).abs() <= 1e-6),
            Label::Consistency.to_string(),
        ]);
        for study in noise {
            let range = Range::of(&study.coefficient(equation, column));
            let label = if equation == Equation::Full { Label::Consistency } else { Label::Predicted };
            sheet.row([
                format!("{column} [s/MB], {}", study.noise),
                theirs.to_string(),
                put_in.to_string(),
                coefficient(range.median),
                format!("{} to {}", coefficient(range.low), coefficient(range.high)),
                yes_or_no(range.contains(theirs)),
                label.to_string(),
            ]);
        }
    }
    f_rows(&mut sheet, fit, noise);
    sheet.note(format!(
        "Without noise the coefficients are those of the law to {} relative. \"agrees\" compares them with what was put in, \
         and all other figures with the paper.",
        small(fit.distance_from_law())
    ));
    sheet
}

/// F without noise and under each kind of it.
fn f_rows(sheet: &mut Sheet, fit: &EquationFit, noise: &[NoiseStudy]) {
    let equation = fit.equation;
    let published = equation.published();
    sheet.row([
        "F, no noise".into(),
        f_statistic(published.f),
        "∞".into(),
        f_statistic(fit.fit.f.statistic),
        String::new(),
        String::new(),
        Label::Consistency.to_string(),
    ]);
    for study in noise {
        let range = Range::of(&study.f(equation));
        let calibrated = equation == Equation::Full;
        sheet.row([
            format!("F, {}", study.noise),
            f_statistic(published.f),
            String::new(),
            f_statistic(range.median),
            format!("{} to {}", f_statistic(range.low), f_statistic(range.high)),
            if calibrated { String::new() } else { yes_or_no(range.contains(published.f)) },
            if calibrated { Label::Calibrated } else { Label::Predicted }.to_string(),
        ]);
    }
}

/// The sizes of noise, and what they say about it.
pub fn noise_sheet(reproduction: &Reproduction) -> Sheet {
    let heading =
        ["noise", "size, from F of eq. 1", "eq. 2 alone needs", "eq. 3 alone needs", "negative times", "label"];
    let mut sheet = Sheet::new("noise", "One size of noise, calibrated on F of eq. 1", &heading, 1);
    for study in &reproduction.noise {
        let size = |at: usize| noise_size(study.noise, study.size_of_each[at]);
        sheet.row([
            study.noise.to_string(),
            size(0),
            size(1),
            size(2),
            format!("{:.1} %", 100.0 * study.negative_share),
            Label::Calibrated.to_string(),
        ]);
    }
    for study in &reproduction.noise {
        sheet.note(verdict(study, &reproduction.fits));
    }
    sheet
}

/// In one sentence: do F of eq. 2 and 3 come out, and if not, what stands against it.
fn verdict(study: &NoiseStudy, fits: &[EquationFit; 3]) -> String {
    let part = |equation: Equation| {
        let (range, theirs) = (Range::of(&study.f(equation)), equation.published().f);
        let side = match range {
            range if range.contains(theirs) => "agrees with",
            range if range.median > theirs => "lies above",
            _ => "lies below",
        };
        let (median, shown) = (f_statistic(range.median), f_statistic(theirs));
        let sentence = format!("F of eq. {} ({median}) {side} the paper's {shown}", equation.number());
        (range.contains(theirs), sentence)
    };
    let ((threads_agree, threads), (processes_agree, processes)) = (part(Equation::Threads), part(Equation::Processes));
    let reason = if threads_agree && processes_agree {
        "one size of noise is enough for all three".to_owned()
    } else {
        why_not(study, fits)
    };
    let kind = match study.noise {
        Noise::Multiplicative => "Multiplicative",
        Noise::Additive => "Additive",
    };
    format!("{kind} noise: {threads}, {processes}; {reason}.")
}

/// What the three F-statistics of the paper ask for, and whether another design could give it.
fn why_not(study: &NoiseStudy, fits: &[EquationFit; 3]) -> String {
    let [full, threads, processes] = study.size_of_each.map(|size| noise_size(study.noise, size));
    match study.noise {
        Noise::Multiplicative => format!(
            "the three ask for {full}, {threads} and {processes}, and since 1 - R² is then close to σ² whatever was read, no \
             other steps would bring them together: the paper's times do not scatter by one relative size, read by read"
        ),
        Noise::Additive => {
            let of_all = |own: f64, all: f64| (own / all).sqrt();
            let explained = |equation: Equation| 1.0 / equation.published().unexplained() - 1.0;
            let theirs = |equation| of_all(explained(equation), explained(Equation::Full));
            let mean_square = |fit: &EquationFit| fit.fit.tss_uncentred / fit.fit.n_rows as f64;
            let ours = |at: usize| of_all(mean_square(&fits[at]), mean_square(&fits[0]));
            format!(
                "the three ask for {full}, {threads} and {processes}. F of a part then follows from how long its reads are: the \
                 paper's asks for reads of eq. 2 and 3 that take {:.2} and {:.2} times as long as all (root mean square), and those \
                 of this design take {:.2} and {:.2} times as long. That hangs on the steps, which the paper does not give",
                theirs(Equation::Threads),
                theirs(Equation::Processes),
                ours(1),
                ours(2)
            )
        }
    }
}

/// Log changes and the test of the product.
pub fn interaction_sheet(reproduction: &Reproduction) -> Sheet {
    let InteractionCheck { n_mixed, n_alone, largest_effect_s, longest_s } = reproduction.interaction;
    let title = "Do ConTh and ConPr interact? ln(coefficient in the reduced model / in eq. 1)";
    let mut sheet = Sheet::new("interaction", title, &HEADING, 1);
    for (equation, column) in SHARED {
        let theirs = published_change(equation, column);
        let named = format!("{column}, eq. {} against 1", equation.number());
        let ours = change(&reproduction.fits[equation.index()], &reproduction.fits[0], column);
        sheet.row([
            format!("{named}, no noise"),
            signed(theirs),
            "0".into(),
            signed(ours),
            String::new(),
            yes_or_no(ours.abs() < 1e-6),
            Label::Consistency.to_string(),
        ]);
        for study in &reproduction.noise {
            let range = Range::of(&study.log_change(equation, column));
            sheet.row([
                format!("{named}, {}", study.noise),
                signed(theirs),
                "0".into(),
                signed(range.median),
                format!("{} to {}", signed(range.low), signed(range.high)),
                yes_or_no(range.contains(theirs)),
                Label::Predicted.to_string(),
            ]);
        }
    }
    for study in &reproduction.noise {
        let Some(share) = study.false_interactions() else { continue };
        sheet.row([
            format!("product significant, {}", study.noise),
            "not tested".into(),
            "5 %".into(),
            format!("{:.1} %", 100.0 * share),
            String::new(),
            String::new(),
            Label::Predicted.to_string(),
        ]);
    }
    surprises(&mut sheet, reproduction);
    let largest = largest_effect_s.map_or_else(
        || "no read has traffic of both kinds beside it, so nothing can be said about their product".into(),
        |effect| {
            format!(
                "without noise the product ConTh:ConPr adds at most {} s to reads of up to {longest_s:.0} s",
                small(effect)
            )
        },
    );
    sheet.note(format!(
        "{n_mixed} reads have traffic of both kinds beside them and {n_alone} of neither; {largest}. The paper's counts \
         leave 54 more reads with neither than with both, whatever the design."
    ));
    sheet
}

/// Says which of the paper's log changes no noise explains, and where the test of the product is misled.
fn surprises(sheet: &mut Sheet, reproduction: &Reproduction) {
    let beyond = SHARED.iter().filter(|(equation, column)| {
        let theirs = published_change(*equation, column);
        reproduction.noise.iter().all(|study| !Range::of(&study.log_change(*equation, column)).contains(theirs))
    });
    let beyond: Vec<String> =
        beyond.map(|(equation, column)| format!("{column} of eq. {}", equation.number())).collect();
    if !beyond.is_empty() {
        sheet.note(format!(
            "Noise that is independent from read to read, of either kind, does not explain the paper's log change of {}: the \
             reduced fit shares its reads with eq. 1, so chance moves both alike. Likely reasons: reads of one step share what is \
             latent, and coefficients change within days (section 4).",
            beyond.join(" and of ")
        ));
    }
    for study in &reproduction.noise {
        if let Some(share) = study.false_interactions().filter(|share| *share > 0.1) {
            sheet.note(format!(
                "Under {} noise the F test finds an interaction in {:.1} % of campaigns, though there is none: few reads with both \
                 kinds of traffic decide it, and the long ones among them scatter more than least squares assumes.",
                study.noise,
                100.0 * share
            ));
        }
    }
}

/// What the two estimators make of probes under known laws.
pub fn probe_sheet(probes: &[Probe]) -> Sheet {
    let heading =
        ["a put in", "b put in", "b/a", "T1 [s]", "T2 [s]", "a, eq. 7", "b, eq. 8", "a, exact", "b, exact", "label"];
    let title = "Coefficients from a probe: 2 GB and 300 MB read together (estimate / truth)";
    let mut sheet = Sheet::new("probe", title, &heading, 0);
    for probe in probes {
        let ((paper_a, paper_b), (exact_a, exact_b)) = (probe.relative(probe.paper), probe.relative(probe.exact));
        sheet.row([
            format!("{:.6}", probe.truth.a),
            format!("{:.6}", probe.truth.b),
            format!("{:.2}", probe.truth.b / probe.truth.a),
            format!("{:.3}", probe.times.large_s),
            format!("{:.3}", probe.times.small_s),
            format!("{paper_a:.3}"),
            format!("{paper_b:.3}"),
            format!("{exact_a:.6}"),
            format!("{exact_b:.6}"),
            Label::Consistency.to_string(),
        ]);
    }
    if let Some(probe) = probes.first() {
        let (a, b) = probe.relative(probe.paper);
        sheet.note(format!(
            "Under the paper's own coefficients its eq. 7 and 8 return a {:.1} % too large and b at {:.0} % of the truth; the \
             exact estimator returns both.",
            100.0 * (a - 1.0),
            100.0 * b
        ));
    }
    sheet.note(
        "Why: the second line of eq. 6 lets the large file progress evenly over its whole life (2000 T2/T1 MB by the time the \
         small one ends), that is, as if the small one did not slow it; by the law both threads progress alike and it has moved \
         only 300 MB by then. Then T2 = S2 (a + b) and T1 = S1 a + S2 b, hence a = (T1 - T2)/(S1 - S2) and b = T2/S2 - a.",
    );
    sheet
}

fn published_change(reduced: Equation, column: &str) -> f64 {
    let ratio = reduced.published_coefficient(column).zip(Equation::Full.published_coefficient(column));
    ratio.map_or(f64::NAN, |(reduced, full)| (reduced / full).ln())
}

fn change(reduced: &EquationFit, full: &EquationFit, column: &str) -> f64 {
    let changes = dapple_models::regression::log_change(&reduced.fit, &full.fit);
    changes.iter().find(|(name, _)| name == column).and_then(|(_, change)| *change).unwrap_or(f64::NAN)
}

fn yes_or_no(agrees: bool) -> String {
    if agrees { "yes" } else { "no" }.into()
}

fn coefficient(value: f64) -> String {
    format!("{value:.6}")
}

/// `4.514e4`, as the paper writes it.
pub(super) fn f_statistic(value: f64) -> String {
    if value.is_finite() { format!("{value:.3e}") } else { "∞".into() }
}

fn signed(value: f64) -> String {
    if value.abs() < 1e-6 { "0.000".into() } else { format!("{value:+.3}") }
}

fn small(value: f64) -> String {
    format!("{value:.0e}")
}

/// The size of noise with its unit.
pub(super) fn noise_size(noise: Noise, size: f64) -> String {
    match noise {
        Noise::Multiplicative => format!("{:.2} %", 100.0 * size),
        Noise::Additive => format!("{size:.2} s"),
    }
}
