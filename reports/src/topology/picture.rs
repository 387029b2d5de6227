//! The picture: sites with what stands in them, and the links between them.

use std::collections::BTreeSet;

use maud::{Markup, html};

use dapple_simulator::ids::{DtnId, Id, LinkId, SiteId};
use dapple_simulator::topology::Topology;

use crate::plots::{shortened, text_width};
use crate::topology::figures::{bandwidth, latency, size_of};
use crate::topology::layout::{Layout, layout};

/// Sites up to which each is a box with all it holds.
const BOXES: usize = 14;
/// Labels of links up to which they are drawn.
const LABELS: usize = 40;
/// Height of a line of text.
const LINE: f64 = 18.0;

/// How a picture begins, by which it is known.
const HEAD: &str = "<svg class=\"topology\" ";

/// The style stands inside of the picture and holds for nothing else: a page may have the picture in it, with colours of its own.
const STYLE: &str = "\
.topology{--paper:#fff;--ink:#1c2128;--muted:#5a636e;--wire:#0072b2;--box:#f4f5f7;--rim:#8b949e}\
@media (prefers-color-scheme:dark){.topology{--paper:#171b21;--ink:#e8ebef;--muted:#a3acb7;--wire:#4aa3dd;--box:#242a32;--rim:#6b7480}}\
.topology text{font:13px sans-serif;fill:#1c2128;fill:var(--ink);dominant-baseline:central}\
.topology .name{font-weight:bold;font-size:14px}.topology .small{fill:#5a636e;fill:var(--muted)}\
.topology .wire{fill:none;stroke:#0072b2;stroke:var(--wire)}.topology .tip{fill:#0072b2;fill:var(--wire)}\
.topology .site{fill:#f4f5f7;fill:var(--box);stroke:#8b949e;stroke:var(--rim)}\
.topology .paper{fill:#fff;fill:var(--paper)}.topology .halo{paint-order:stroke;stroke:#fff;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}\
.topology .middle{text-anchor:middle}";

/// Whether a text is a picture that [`picture`] drew.
pub(crate) fn is_picture(text: &str) -> bool {
    text.starts_with(HEAD)
}

/// A grid as SVG: sites on their positions, or on a circle.
pub fn picture(topology: &Topology) -> String {
    let boxes = topology.map.sites().len() <= BOXES;
    let sites: Vec<Node> = topology.map.sites().ids().map(|site| Node::new(topology, site, boxes)).collect();
    let wished = match sites.len() {
        0..=2 => (600.0, 40.0),
        3..=8 => (620.0, 400.0),
        _ => (960.0, 700.0),
    };
    let halves: Vec<(f64, f64)> = sites.iter().map(Node::footprint).collect();
    let Layout { centres, size } = layout(topology, wished, &halves, boxes);
    let wires = wires(topology);
    let courses: Vec<Course> = wires.iter().map(|wire| course(wire, &centres, &sites)).collect();
    let labels = if boxes && wires.len() <= LABELS { labels(&wires, &courses, &centres, &halves) } else { Vec::new() };
    let svg = html! {
        svg.topology xmlns="http://www.w3.org/2000/svg" data-generator="dapple" width=(size.0) height=(size.1) viewBox={ "0 0 " (size.0) " " (size.1) } {
            title { "Topology: " (sites.len()) " sites, " (topology.map.links().len()) " links" }
            style { (maud::PreEscaped(STYLE)) }
            rect.paper width="100%" height="100%" {}
            @for (wire, course) in wires.iter().zip(&courses) { (line(wire, *course)) }
            @for (wire, centre) in wires.iter().zip(&labels) { (label_paper(wire, *centre)) }
            @for (node, centre) in sites.iter().zip(&centres) { (node.draw(*centre, boxes)) }
            @for (wire, centre) in wires.iter().zip(&labels) { (label(wire, *centre)) }
        }
    };
    svg.into_string()
}

/// A site's name and what stands in it.
struct Node {
    name: String,
    lines: Vec<String>,
    half: (f64, f64),
}

impl Node {
    fn new(topology: &Topology, site: SiteId, boxes: bool) -> Self {
        let name = shortened(&topology.map.sites()[site].name, 200.0);
        let mut lines = Vec::new();
        if boxes {
            for rse in topology.map.rses().values().filter(|rse| rse.site == site) {
                let space = rse.capacity.map_or_else(String::new, |capacity| format!(", {}", size_of(capacity)));
                lines.push(shortened(&format!("RSE {}{space}", rse.name), 300.0));
            }
            let dtns = topology.map.rses().values().filter(|rse| rse.site == site).filter_map(|rse| rse.dtn);
            let dtns: BTreeSet<DtnId> = dtns.collect();
            lines.extend(
                dtns.into_iter().map(|dtn| shortened(&format!("DTN {}", topology.map.dtns()[dtn].name), 300.0)),
            );
            for pool in topology.map.pools().values().filter(|pool| pool.site == site) {
                let text = format!("pool {}, {} × {} slots", pool.name, pool.nodes, pool.slots);
                lines.push(shortened(&text, 300.0));
            }
        }
        let widest = lines.iter().map(|line| text_width(line)).fold(text_width(&name) * 1.15, f64::max);
        let half =
            if boxes { (widest / 2.0 + 12.0, (1.0 + lines.len() as f64) * LINE / 2.0 + 9.0) } else { (7.0, 7.0) };
        Self { name, lines, half }
    }

    /// Half the space that it takes, its name included.
    fn footprint(&self) -> (f64, f64) {
        if self.lines.is_empty() {
            (self.half.0.max(text_width(&self.name) / 2.0), self.half.1.max(20.0))
        } else {
            self.half
        }
    }

    fn draw(&self, (x, y): (f64, f64), boxes: bool) -> Markup {
        let (half_width, half_height) = self.half;
        let first = y - half_height + 9.0 + LINE / 2.0;
        html! {
            @if boxes {
                rect.site x=(tenth(x - half_width)) y=(tenth(y - half_height)) width=(tenth(2.0 * half_width))
                    height=(tenth(2.0 * half_height)) rx="7" {}
                text.name.middle x=(tenth(x)) y=(tenth(first)) { (self.name) }
                @for (index, line) in self.lines.iter().enumerate() {
                    text.small.middle x=(tenth(x)) y=(tenth(first + LINE * (index + 1) as f64)) { (line) }
                }
            } @else {
                circle.site cx=(tenth(x)) cy=(tenth(y)) r="6" {}
                text.middle.halo x=(tenth(x)) y=(tenth(y - 15.0)) { (self.name) }
            }
        }
    }
}

/// One or two links between the same sites that are drawn as one line.
struct Wire {
    from: SiteId,
    to: SiteId,
    both: bool,
    text: String,
    /// Sideways distance from the straight line, in steps.
    lane: f64,
}

/// Links, with the two directions of equal ones joined; several between two sites stand side by side.
fn wires(topology: &Topology) -> Vec<Wire> {
    let mut done: Vec<LinkId> = Vec::new();
    let mut wires: Vec<Wire> = Vec::new();
    for (id, link) in topology.map.links().iter() {
        if done.contains(&id) {
            continue;
        }
        let bandwidth_of = |link| topology.physics.bandwidth(link);
        let sharing_of = |link| std::mem::discriminant(&topology.map.sharing(link));
        let twin = topology.map.links().iter().find(|(other_id, other)| {
            let back = other.from == link.to && other.to == link.from;
            back && *other_id != id
                && !done.contains(other_id)
                && bandwidth_of(*other_id) == bandwidth_of(id)
                && sharing_of(*other_id) == sharing_of(id)
                && other.latency == link.latency
        });
        done.extend(twin.map(|(id, _)| id));
        let text = format!("{}, {}", bandwidth(bandwidth_of(id), topology.map.sharing(id)), latency(link.latency));
        wires.push(Wire { from: link.from, to: link.to, both: twin.is_some(), text, lane: 0.0 });
    }
    let ends = |wire: &Wire| (wire.from.min(wire.to), wire.from.max(wire.to));
    for index in 0..wires.len() {
        let pair = ends(&wires[index]);
        let (before, all) = wires
            .iter()
            .enumerate()
            .filter(|(_, wire)| ends(wire) == pair)
            .fold((0, 0), |(before, all), (at, _)| (before + usize::from(at < index), all + 1));
        let forward = if wires[index].from == pair.0 { 1.0 } else { -1.0 };
        wires[index].lane = forward * (before as f64 - (f64::from(all) - 1.0) / 2.0);
    }
    wires
}

/// Start, control point and end of a wire, from rim to rim.
type Course = [(f64, f64); 3];

fn course(wire: &Wire, centres: &[(f64, f64)], sites: &[Node]) -> Course {
    let (from, to) = (centres[wire.from.index()], centres[wire.to.index()]);
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    // Labels are wider than high: lanes of upright wires stand further apart.
    let bend = wire.lane * (56.0 + 70.0 * dy.abs() / length);
    let middle = ((from.0 + to.0) / 2.0 - dy / length * bend, (from.1 + to.1) / 2.0 + dx / length * bend);
    [rim(from, middle, &sites[wire.from.index()]), middle, rim(to, middle, &sites[wire.to.index()])]
}

/// A point of a wire.
fn along([start, middle, end]: Course, part: f64) -> (f64, f64) {
    let rest = 1.0 - part;
    let mix = |a: f64, b: f64, c: f64| rest * rest * a + 2.0 * rest * part * b + part * part * c;
    (mix(start.0, middle.0, end.0), mix(start.1, middle.1, end.1))
}

/// A centre for each label: on its wire, off all boxes and other labels where it can be.
fn labels(wires: &[Wire], courses: &[Course], centres: &[(f64, f64)], halves: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut taken: Vec<((f64, f64), (f64, f64))> = centres.iter().copied().zip(halves.iter().copied()).collect();
    taken.extend(courses.iter().flat_map(|[start, _, end]| [(*start, (11.0, 11.0)), (*end, (11.0, 11.0))]));
    let mut found = Vec::new();
    for (wire, course) in wires.iter().zip(courses) {
        let half = (text_width(&wire.text) / 2.0 + 5.0, 10.0);
        let overlap = |centre: (f64, f64)| -> f64 {
            let area = |(other, size): &((f64, f64), (f64, f64))| {
                let wide = half.0 + size.0 - (centre.0 - other.0).abs();
                let high = half.1 + size.1 - (centre.1 - other.1).abs();
                wide.max(0.0) * high.max(0.0)
            };
            taken.iter().map(area).sum()
        };
        let places = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74].map(|part| along(*course, part));
        let best = places.into_iter().min_by(|a, b| overlap(*a).total_cmp(&overlap(*b))).unwrap_or(course[1]);
        taken.push((best, half));
        found.push(best);
    }
    found
}

/// Where the line from the centre of a site towards `to` leaves its box.
fn rim(centre: (f64, f64), to: (f64, f64), node: &Node) -> (f64, f64) {
    let (dx, dy) = (to.0 - centre.0, to.1 - centre.1);
    let reach = |half: f64, along: f64| if along == 0.0 { f64::INFINITY } else { (half + 3.0) / along.abs() };
    let share = reach(node.half.0, dx).min(reach(node.half.1, dy)).min(0.9);
    (centre.0 + dx * share, centre.1 + dy * share)
}

fn line(wire: &Wire, [start, middle, end]: Course) -> Markup {
    let point = |(x, y): (f64, f64)| format!("{} {}", tenth(x), tenth(y));
    let path = format!("M{} Q{} {}", point(start), point(middle), point(end));
    html! {
        path.wire d=(path) stroke-width="2" {}
        (tip(middle, end))
        @if wire.both { (tip(middle, start)) }
    }
}

fn tip(from: (f64, f64), to: (f64, f64)) -> Markup {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let back = (to.0 - 10.0 * ux, to.1 - 10.0 * uy);
    let corner = |side: f64| format!("{},{}", tenth(back.0 - 5.0 * side * uy), tenth(back.1 + 5.0 * side * ux));
    html! { polygon.tip points={ (tenth(to.0)) "," (tenth(to.1)) " " (corner(1.0)) " " (corner(-1.0)) } {} }
}

/// What a label stands on: over the wires, under the boxes.
fn label_paper(wire: &Wire, (x, y): (f64, f64)) -> Markup {
    let width = text_width(&wire.text) + 8.0;
    html! { rect.paper x=(tenth(x - width / 2.0)) y=(tenth(y - 9.0)) width=(tenth(width)) height="18" rx="4" {} }
}

fn label(wire: &Wire, (x, y): (f64, f64)) -> Markup {
    html! { text.middle.halo x=(tenth(x)) y=(tenth(y)) { (wire.text) } }
}

/// A coordinate to a tenth of a pixel.
fn tenth(value: f64) -> String {
    format!("{value:.1}")
}
