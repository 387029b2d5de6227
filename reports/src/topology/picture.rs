//! The picture: sites with what stands in them, and the links between them.

use maud::{Markup, html};

use dapple_simulator::ids::{LinkId, SiteId};
use dapple_simulator::topology::Topology;

use crate::plots::{shortened, text_width};
use crate::topology::layout::centres;
use crate::topology::tables::{bandwidth, latency, size_of};

/// Sites up to which each is a box with all it holds.
const BOXES: usize = 14;
/// Labels of links up to which they are drawn.
const LABELS: usize = 40;
/// Height of a line of text.
const LINE: f64 = 18.0;

const STYLE: &str = "\
svg{--paper:#fff;--ink:#1c2128;--muted:#5a636e;--wire:#0072b2;--box:#f4f5f7;--rim:#8b949e}\
@media (prefers-color-scheme:dark){svg{--paper:#171b21;--ink:#e8ebef;--muted:#a3acb7;--wire:#4aa3dd;--box:#242a32;--rim:#6b7480}}\
text{font:13px sans-serif;fill:#1c2128;fill:var(--ink);dominant-baseline:central}\
.name{font-weight:bold;font-size:14px}.small{fill:#5a636e;fill:var(--muted)}\
.wire{fill:none;stroke:#0072b2;stroke:var(--wire)}.tip{fill:#0072b2;fill:var(--wire)}\
.site{fill:#f4f5f7;fill:var(--box);stroke:#8b949e;stroke:var(--rim)}\
.paper{fill:#fff;fill:var(--paper)}.middle{text-anchor:middle}";

/// A grid as SVG: sites on their positions, or on a circle.
pub fn picture(topology: &Topology) -> String {
    let boxes = topology.sites().len() <= BOXES;
    let sites: Vec<Node> = topology.sites().ids().map(|site| Node::new(topology, site, boxes)).collect();
    let most = sites.iter().fold((0.0_f64, 0.0_f64), |most, node| (most.0.max(node.half.0), most.1.max(node.half.1)));
    let margin = (most.0 + 14.0, most.1 + 14.0);
    let height = match sites.len() {
        0..=2 => 2.0 * margin.1 + 60.0,
        3..=8 => 2.0 * margin.1 + 420.0,
        _ => 860.0,
    };
    let size = (if sites.len() <= 8 { 900.0 } else { 1100.0 }, height);
    let centres = centres(topology, size, margin);
    let wires = wires(topology);
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" data-generator="dapple" width=(size.0) height=(size.1) viewBox={ "0 0 " (size.0) " " (size.1) } {
            title { "Topology: " (sites.len()) " sites, " (topology.links().len()) " links" }
            style { (maud::PreEscaped(STYLE)) }
            rect.paper width="100%" height="100%" {}
            @for wire in &wires { (line(wire, &centres, &sites)) }
            @for (node, centre) in sites.iter().zip(&centres) { (node.draw(*centre, boxes)) }
            @if wires.len() <= LABELS { @for wire in &wires { (label(wire, &centres, &sites)) } }
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
        let name = shortened(&topology.sites()[site].name, 200.0);
        let mut lines = Vec::new();
        if boxes {
            for rse in topology.rses().values().filter(|rse| rse.site == site) {
                let space = rse.capacity.map_or_else(String::new, |capacity| format!(", {}", size_of(capacity)));
                let dtn = rse.dtn.map_or_else(String::new, |dtn| format!(", DTN {}", topology.dtns()[dtn].name));
                lines.push(shortened(&format!("RSE {}{space}{dtn}", rse.name), 250.0));
            }
            for pool in topology.pools().values().filter(|pool| pool.site == site) {
                let text = format!("pool {}, {} × {} slots", pool.name, pool.nodes, pool.slots);
                lines.push(shortened(&text, 250.0));
            }
        }
        let widest = lines.iter().map(|line| text_width(line)).fold(text_width(&name) * 1.15, f64::max);
        let half =
            if boxes { (widest / 2.0 + 12.0, (1.0 + lines.len() as f64) * LINE / 2.0 + 9.0) } else { (7.0, 7.0) };
        Self { name, lines, half }
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
                text.middle x=(tenth(x)) y=(tenth(y - 14.0)) { (self.name) }
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
    for (id, link) in topology.links().iter() {
        if done.contains(&id) {
            continue;
        }
        let twin = topology.links().iter().find(|(other_id, other)| {
            let back = other.from == link.to && other.to == link.from;
            back && *other_id != id
                && !done.contains(other_id)
                && other.bandwidth == link.bandwidth
                && other.latency == link.latency
        });
        done.extend(twin.map(|(id, _)| id));
        let text = format!("{}, {}", bandwidth(&link.bandwidth), latency(link.latency));
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
fn course(wire: &Wire, centres: &[(f64, f64)], sites: &[Node]) -> [(f64, f64); 3] {
    use dapple_simulator::ids::Id;
    let (from, to) = (centres[wire.from.index()], centres[wire.to.index()]);
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let bend = wire.lane * 56.0;
    let middle = ((from.0 + to.0) / 2.0 - dy / length * bend, (from.1 + to.1) / 2.0 + dx / length * bend);
    [rim(from, middle, &sites[wire.from.index()]), middle, rim(to, middle, &sites[wire.to.index()])]
}

/// Where the line from the centre of a site towards `to` leaves its box.
fn rim(centre: (f64, f64), to: (f64, f64), node: &Node) -> (f64, f64) {
    let (dx, dy) = (to.0 - centre.0, to.1 - centre.1);
    let reach = |half: f64, along: f64| if along == 0.0 { f64::INFINITY } else { (half + 3.0) / along.abs() };
    let share = reach(node.half.0, dx).min(reach(node.half.1, dy)).min(0.9);
    (centre.0 + dx * share, centre.1 + dy * share)
}

fn line(wire: &Wire, centres: &[(f64, f64)], sites: &[Node]) -> Markup {
    let [start, middle, end] = course(wire, centres, sites);
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

fn label(wire: &Wire, centres: &[(f64, f64)], sites: &[Node]) -> Markup {
    let [start, middle, end] = course(wire, centres, sites);
    // The middle of the curve, which is half-way to its control point.
    let (x, y) = ((start.0 + 2.0 * middle.0 + end.0) / 4.0, (start.1 + 2.0 * middle.1 + end.1) / 4.0);
    let width = text_width(&wire.text) + 10.0;
    html! {
        rect.paper x=(tenth(x - width / 2.0)) y=(tenth(y - 10.0)) width=(tenth(width)) height="20" rx="4" {}
        text.middle x=(tenth(x)) y=(tenth(y)) { (wire.text) }
    }
}

/// A coordinate to a tenth of a pixel.
fn tenth(value: f64) -> String {
    format!("{:.1}", value)
}
