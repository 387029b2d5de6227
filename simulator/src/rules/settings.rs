//! How rules are set.

use crate::catalogue::QuotaSettings;
use crate::rules::blocks::Grouping;
use crate::settings;
use crate::units::SimSpan;

const fn seconds(n: u64) -> SimSpan {
    SimSpan::from_nanos(n * 1_000_000_000)
}

settings! {
    /// How rules are kept: Rucio's judge and the daemons around it. A period of zero is no daemon: what it does is done at once.
    pub struct RulesSettings as "Rules" {
        /// What accounts may lock.
        pub quotas: QuotaSettings = QuotaSettings::default(),
        /// From so many locks on (files times copies) a rule waits for the injector.
        #[range(AtLeast(1))]
        pub inject_from: u64 = 10_000,
        /// Period of the injector, which makes the locks of large rules.
        pub injector_every: SimSpan = SimSpan::ZERO,
        /// Rules that it takes at once.
        #[range(AtLeast(1))]
        pub injector_batch: u32 = 100,
        /// Period of the evaluator, which follows datasets as they grow and shrink.
        pub evaluator_every: SimSpan = SimSpan::ZERO,
        /// Datasets and containers that it takes at once.
        #[range(AtLeast(1))]
        pub evaluator_batch: u32 = 100,
        /// Period of the repairer, which tries stuck rules again.
        pub repairer_every: SimSpan = SimSpan::ZERO,
        /// Rules that it takes at once.
        #[range(AtLeast(1))]
        pub repairer_batch: u32 = 100,
        /// How long a stuck rule is left alone before the repairer looks at it, and looks again.
        #[range(Positive)]
        pub repair_after: SimSpan = seconds(1800),
        /// How long a stuck lock is left alone before it is tried again at the same RSE.
        pub retry_after: RetryAfter = RetryAfter::default(),
        /// Activity whose stuck locks are at all ages left alone only as long as in their first day.
        pub express_activity: String = "Express".to_owned(),
        /// A rule that has been stuck for so long is suspended and not tried again.
        #[range(Positive)]
        pub suspend_after: SimSpan = seconds(14 * 86_400),
        /// Period of the cleaner, which deletes rules whose time is over.
        pub cleaner_every: SimSpan = SimSpan::ZERO,
        /// Rules that it takes at once.
        #[range(AtLeast(1))]
        pub cleaner_batch: u32 = 200,
        /// How long a rule that somebody deletes stays before the cleaner may take it.
        pub deleted_after: SimSpan = seconds(3600),
        /// Period of the undertaker, which deletes datasets whose time is over.
        pub undertaker_every: SimSpan = SimSpan::ZERO,
        /// Datasets that it takes at once.
        #[range(AtLeast(1))]
        pub undertaker_batch: u32 = 10_000,
        /// Period of the necromancer, which sees to bad replicas.
        pub necromancer_every: SimSpan = SimSpan::ZERO,
        /// Bad replicas that it takes at once.
        #[range(AtLeast(1))]
        pub necromancer_batch: u32 = 1000,
        /// Activity of the transfers that put a good replica in the place of a bad one.
        pub recovery_activity: String = "Recovery".to_owned(),
        /// Period of the transmogrifier, which makes the rules of subscriptions on new datasets.
        pub transmogrifier_every: SimSpan = SimSpan::ZERO,
        /// New datasets that it takes at once.
        #[range(AtLeast(1))]
        pub transmogrifier_batch: u32 = 1000,
        /// Rules that new datasets get by themselves.
        pub subscriptions: Vec<Subscription> = Vec::new(),
    }
}

impl RulesSettings {
    /// Whether anything is drawn: phases of daemons, RSEs for what subscriptions ask for.
    pub(crate) fn has_chance(&self) -> bool {
        let periods = [
            self.injector_every,
            self.evaluator_every,
            self.repairer_every,
            self.cleaner_every,
            self.undertaker_every,
            self.necromancer_every,
            self.transmogrifier_every,
        ];
        periods.into_iter().any(|every| every > SimSpan::ZERO) || !self.subscriptions.is_empty()
    }
}

settings! {
    /// How long a stuck lock is left alone, by its age.
    #[derive(Copy, Eq)]
    pub struct RetryAfter {
        /// In its first day.
        pub first_day: SimSpan = seconds(2 * 3600),
        /// In its second day.
        pub second_day: SimSpan = seconds(4 * 3600),
        /// In its third day.
        pub third_day: SimSpan = seconds(6 * 3600),
        /// Later.
        pub later: SimSpan = seconds(8 * 3600),
    }
}

settings! {
    /// Rules that new datasets get by themselves.
    pub struct Subscription {
        /// Name in scenarios.
        pub name: String,
        /// Workload whose datasets get them. None: those of all.
        pub workload: Option<String> = None,
        /// Account that owns the rules.
        pub account: String = "root".to_owned(),
        /// The rules, in order.
        pub rules: Vec<RuleTemplate>,
    }
}

settings! {
    /// A rule to be made on data that it does not name.
    pub struct RuleTemplate {
        /// RSEs that it may use, as an RSE expression.
        pub rses: String = "*".to_owned(),
        /// Copies of each file.
        pub copies: Copies = Copies::N(1),
        /// Files that go to the same RSEs.
        pub grouping: Grouping = Grouping::Dataset,
        /// Attribute of RSEs by which they are drawn, a number. None: all are equally likely.
        pub weight: Option<String> = None,
        /// How long it holds. None: for ever.
        #[range(Positive)]
        pub lifetime: Option<SimSpan> = None,
        /// Activity of its transfers.
        pub activity: String = "default".to_owned(),
        /// Priority of its transfers at FTS, 5 before 1.
        #[range(Within(1, 5))]
        pub priority: u32 = 3,
        /// RSEs that its files may come from, as an RSE expression. None: any.
        pub sources: Option<String> = None,
        /// Whether replicas are obsolete, and not cache, once the rule is gone.
        pub purge: bool = false,
        /// How long it waits for somebody's consent. None: it needs none.
        pub approved_after: Option<SimSpan> = None,
        /// Whether it becomes one rule for each copy, each with one RSE.
        pub split: bool = false,
    }
}

settings! {
    /// How many copies a rule asks for.
    #[derive(Copy, Eq)]
    pub enum Copies {
        /// So many.
        #[range(AtLeast(1))]
        N(u32),
        /// One at each of its RSEs.
        All,
    }
}
