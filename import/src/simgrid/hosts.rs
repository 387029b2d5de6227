//! What hosts and clusters say of themselves.

use dapple_simulator::units::{Bytes, Rate};

use super::platform::Disk;
use super::quantity;
use crate::write::MOST;
use crate::xml::Element;

/// Nodes of one cluster that are named.
const MAX_NODES: u64 = 200_000;

/// A bandwidth that a link or disk can have.
pub(super) fn rate(text: &str) -> Option<Rate> {
    let rate = quantity::bandwidth(text).filter(|rate| (1e-3..1e18).contains(rate));
    rate.map(Rate::from_bytes_per_s)
}

/// Cores and speed of a host.
pub(super) fn computing(element: &Element) -> Result<(u32, f64), String> {
    let cores = element.get("core").unwrap_or("1").parse().ok().filter(|cores| *cores > 0);
    let cores = cores.ok_or_else(|| format!("a {} whose core cannot be read", element.name))?;
    let speed = element.get("speed").and_then(quantity::speed).filter(|speed| (1.0..=1e15).contains(speed));
    Ok((cores, speed.ok_or_else(|| format!("a {} whose speed cannot be read", element.name))?))
}

/// A disk of a host; `None` where its bandwidths cannot be read.
pub(super) fn disk(host: &str, disk: &Element) -> Option<Disk> {
    let size = disk
        .all("prop")
        .find(|prop| prop.get("id") == Some("size"))
        .and_then(|prop| quantity::size(prop.get("value")?));
    let size = size.filter(|size| (1.0..=MOST.as_f64()).contains(size)).map(Bytes::from_f64);
    let (read, write) = (disk.get("read_bw").and_then(rate)?, disk.get("write_bw").and_then(rate)?);
    Some(Disk { name: format!("{host}_{}", disk.get("id").unwrap_or("disk")), read, write, size })
}

/// Numbers of nodes: `0-9`, `3`, or several of these with commas or semicolons between them.
pub(super) fn nodes(radical: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for part in radical.split([',', ';']) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if last < first || last - first >= MAX_NODES || names.len() as u64 + (last - first) >= MAX_NODES {
            return None;
        }
        names.extend((first..=last).map(|number| number.to_string()));
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::nodes;

    #[test]
    fn nodes_are_numbered() {
        assert_eq!(nodes("10-12;2").map(|nodes| nodes.join(" ")).as_deref(), Some("10 11 12 2"));
        assert_eq!((nodes(""), nodes("5-1"), nodes("0-99999999999")), (None, None, None));
    }
}
