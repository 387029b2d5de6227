//! The transmogrifier: subscriptions make rules on new datasets.

use crate::catalogue::Did;
use crate::context::Context;
use crate::rng::combined;
use crate::rules::new::Template;
use crate::rules::selection::{Placing, Preferred};
use crate::rules::service::{Below, Carries, Rules};
use crate::rules::{Copies, NewRule};
use crate::units::Bytes;

impl Rules {
    /// The transmogrifier: new datasets get the rules of the subscriptions that they match.
    pub(super) fn subscribe<E: Carries>(&mut self, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) -> usize {
        let taken = self.daemons.take_new(cx.now);
        for &new in &taken {
            let subscriptions = (0_u64..).zip(&self.subscriptions);
            let matching = subscriptions.filter(|(_, subscribed)| subscribed.of.is_none_or(|of| of == new.workload));
            let rules: Vec<(NewRule, bool)> = matching
                .flat_map(|(nth, subscribed)| {
                    let rule = move |(place, template): (u64, &Template)| {
                        let key = combined(combined(new.key, nth), place);
                        (
                            template.rule(Did::Dataset(new.dataset), (new.workload, key), subscribed.account),
                            template.is_split(),
                        )
                    };
                    (0..).zip(&subscribed.rules).map(rule)
                })
                .collect();
            for (rule, is_split) in rules {
                if is_split {
                    self.add_split(rule, below, cx);
                } else {
                    self.add(rule, below, cx);
                }
            }
        }
        taken.len()
    }

    /// One rule for each copy, each at one RSE.
    fn add_split<E: Carries>(&mut self, rule: NewRule, below: &mut Below<'_, '_>, cx: &mut Context<'_, E>) {
        let placing = Placing {
            key: 0,
            bytes: Bytes::ZERO,
            copies: None,
            there: &[],
            preferred: Preferred::First(&[]),
            barred: &[],
        };
        let copies = self.copies_of(&rule, below);
        let chosen = self.selector(&rule, copies, below, cx).and_then(|mut selector| selector.select(&placing));
        match chosen {
            Ok(rses) => {
                for (nth, rse) in (0..).zip(rses) {
                    let rses = below.catalogue.words.only(rse);
                    let key = combined(rule.key, nth);
                    self.add(NewRule { copies: Copies::N(1), rses, key, ..rule }, below, cx);
                }
            }
            // Refused as a whole, which tells why.
            Err(_) => {
                self.add(rule, below, cx);
            }
        }
    }
}
