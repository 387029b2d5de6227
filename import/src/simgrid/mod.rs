//! Platforms of SimGrid (XML, version 4): hosts, routers and clusters become sites, links become wires between them.
//!
//! The two do not mean the same by a link. In SimGrid it is a resource with no ends, and routes say which links are crossed; here
//! it leads from one site to another. [`wires`] finds the ends that make all routes paths, with junctions between links where
//! there is no host. Where there are none (one link in many places, as a backbone in a full mesh), a route is dropped and told.
//!
//! ```text
//!  XML --elements--> Platform --wires--> ends of links --grid--> sites, links, routes that override
//! ```
//!
//! A cluster is one site with one pool, its backbone the site's LAN; single nodes have no wires of their own here.

mod collect;
mod grid;
mod hosts;
mod platform;
mod profile;
mod quantity;
mod wires;

use crate::account::{Account, Treatment};
use crate::error::ImportError;
use crate::imported::Imported;
use crate::text::Source;
use crate::xml::parse;

/// Reads a platform.
pub(crate) fn read(source: &Source) -> Result<Imported, ImportError> {
    let root = parse(source)?;
    if root.name != "platform" {
        return Err(source.refused(root.line, format!("<platform> is expected, <{}> is found", root.name)));
    }
    let version = root.get("version").unwrap_or("0");
    if !version.starts_with('4') {
        let why =
            format!("platforms of version 4 can be read, this one has {version}: `simgrid_update_xml` updates it");
        return Err(source.refused(root.line, why));
    }
    let mut account = Account::of_elements();
    let platform = collect::platform(&root, source, &mut account);
    let ends = wires::Ends::of(&platform, &mut account);
    let grid = grid::grid(&platform, &ends, &mut account);
    account.note(
        Treatment::NotCarriedOver,
        "SimGrid's factors for TCP (network/bandwidth-factor, network/latency-factor, the window): flows share links as they are",
    );
    Ok(Imported { what: "a SimGrid platform", name: source.stem(), grid, log: None, account })
}
