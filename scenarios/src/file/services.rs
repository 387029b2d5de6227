//! How the services of the grid are set.

use super::documented::documented;
use super::{Size, Span};

documented! {
    /// How the services of the grid are set.
    #[serde(default)]
    #[derive(Default)]
    pub struct Services {
        /// How placements queue and move.
        pub transfers: Transfers,
    }
}

documented! {
    /// How placements queue and move: a slot queue per ordered pair of RSEs in front of the network.
    #[serde(default)]
    pub struct Transfers {
        /// Files that one ordered pair of RSEs copies at once; FTS ships 20.
        pub max_active_per_link: u32,
        /// Files that leave one RSE at once; FTS ships 60.
        pub max_outbound: u32,
        /// Files that enter one RSE at once; FTS ships 60.
        pub max_inbound: u32,
        /// Exceptions from `max_active_per_link`.
        pub links: Vec<LinkLimit>,
        /// Parallel TCP streams of each transfer: its weight on shared resources.
        pub streams: u32,
        /// TCP window of one stream: caps a transfer at `window * streams / RTT`. None: no cap.
        pub window: Option<Size>,
        /// Time from taking a slot to the first byte, in addition to that of the data transfer nodes.
        pub start_up: Span,
        /// What happens to a placement whose destination is full.
        pub when_full: WhenFull,
    }
}

impl Default for Transfers {
    fn default() -> Self {
        Self {
            max_active_per_link: 20,
            max_outbound: 60,
            max_inbound: 60,
            links: Vec::new(),
            streams: 1,
            window: None,
            start_up: Span::Seconds(0.0),
            when_full: WhenFull::default(),
        }
    }
}

documented! {
    /// The limit of one ordered pair of RSEs.
    pub struct LinkLimit {
        /// The RSE that files come from.
        pub source: String,
        /// The RSE that they go to.
        pub destination: String,
        /// Files copied at once.
        pub max_active: u32,
    }
}

documented! {
    /// What happens to a placement whose destination has no space.
    #[derive(Default)]
    pub enum WhenFull {
        /// It fails, and the jobs that wait for it fail.
        #[default]
        Fail,
        /// It keeps its place in the queue, and all behind it on its FTS link wait too, until space is freed. Nothing is evicted yet, so they wait to the end of the run.
        Wait,
    }
}
