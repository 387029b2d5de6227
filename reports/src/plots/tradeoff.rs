//! What a policy costs: the primary KPI against the bytes over the WAN.

use dapple_records::Kpi;

use crate::ReportError;
use crate::comparison::{self, Comparison};
use crate::experiment::Experiment;
use crate::plots::axis::{Axis, Frame, Panel, bounds};
use crate::plots::canvas::{Plot, legend_height};
use crate::plots::palette::look;
use crate::plots::{WIDTH, legend};
use crate::statistics::mean;

/// Points drawn per policy.
const POINTS: usize = 250;

/// A scatter of replications with a large marker at the mean; with a sweep, the means joined in order of the sweep.
pub(super) fn time_against_bytes(
    experiment: &Experiment,
    comparisons: &[Comparison],
) -> Result<Option<Plot>, ReportError> {
    let (kpi, bytes) = (experiment.primary, Kpi::WanBytes);
    if kpi.kpi == bytes || experiment.largest(bytes) == 0.0 {
        return Ok(None);
    }
    let cloud = |point: usize, policy: usize| -> Vec<(f64, f64)> {
        let of = |row: &dapple_records::KpiRow| Some((row.kpis.get(bytes)?, row.kpis.get(kpi.kpi)?));
        let finite = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
        experiment.runs(point, policy).iter().filter_map(of).filter(finite).collect()
    };
    let single = experiment.points.len() == 1;
    let mut clouds = Vec::new();
    for policy in 0..experiment.policies.len() {
        let of_points =
            (0..experiment.points.len()).map(|point| cloud(point, policy)).filter(|cloud| !cloud.is_empty());
        let of_points: Vec<Vec<(f64, f64)>> = of_points.collect();
        if !of_points.is_empty() {
            clouds.push((policy, of_points));
        }
    }
    let centre = |cloud: &Vec<(f64, f64)>| {
        let pick = |pick: fn(&(f64, f64)) -> f64| mean(&cloud.iter().map(pick).collect::<Vec<_>>()).unwrap_or(f64::NAN);
        (pick(|point| point.0), pick(|point| point.1))
    };
    let seen: Vec<(f64, f64)> = if single {
        clouds.iter().flat_map(|(_, clouds)| clouds.iter().flatten().copied()).collect()
    } else {
        clouds.iter().flat_map(|(_, clouds)| clouds.iter().map(centre)).collect()
    };
    let (Some(xs), Some(ys)) = (bounds(seen.iter().map(|at| at.0)), bounds(seen.iter().map(|at| at.1))) else {
        return Ok(None);
    };
    let entries = legend(experiment, clouds.iter().map(|(policy, _)| *policy));
    let over = legend_height(&entries, WIDTH - 40.0);
    let frame = Frame { left: 74.0, top: over + 36.0, right: 24.0, bottom: 54.0 };
    let title = format!("{} against {}", kpi.title, bytes.info().title.to_lowercase().replace("wan", "WAN"));
    let plot = Plot::draw("tradeoff", title, (WIDTH, frame.top + 300.0 + frame.bottom), |canvas| {
        canvas.legend(&entries, (20.0, 2.0), WIDTH - 40.0)?;
        let x = Axis::padded(bytes.info().title, experiment.scale(bytes), xs, 7);
        let y = Axis::padded(kpi.title, experiment.scale(kpi.kpi), ys, 6);
        let panel = Panel::draw(canvas, frame, x, y)?;
        for (policy, clouds) in clouds.iter().filter(|_| single) {
            for point in clouds.iter().flat_map(|cloud| cloud.iter().step_by(cloud.len().div_ceil(POINTS))) {
                canvas.dot(panel.at(*point), 2.6, look(*policy).ink, 0.45)?;
            }
        }
        for (policy, clouds) in &clouds {
            let centres: Vec<(f64, f64)> = clouds.iter().map(|cloud| panel.at(centre(cloud))).collect();
            if experiment.sweep.as_ref().is_some_and(|sweep| sweep.facets.len() == 1) {
                canvas.line(&centres, look(*policy).ink, 1.2, 0.7)?;
            }
            for centre in centres {
                canvas.marker(centre, 6.0, look(*policy))?;
            }
        }
        Ok(())
    })?;
    let caption = if single {
        "What the figure of merit costs in traffic between sites. Small: one replication each; large: their mean."
    } else {
        "What the figure of merit costs in traffic between sites: means over replications at each sweep point."
    };
    let missing = comparison::caption(experiment, comparisons, &(0..experiment.points.len()).collect::<Vec<_>>());
    Ok(Some(plot.captioned(format!("{caption}{missing}"))))
}
