//! What RSEs are called and said to be, asked once and remembered.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::catalogue::expression::{Described, Expression};
use crate::ids::{ExpressionId, RseId, Table, WeightId};
use crate::topology::{Map, Rse};
use crate::units::Bytes;

/// Expressions with the RSEs they stand for, and attributes as numbers. Neither changes during a run.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    rses: Table<RseId, (String, BTreeMap<String, String>)>,
    expressions: Table<ExpressionId, Vec<RseId>>,
    /// For looking up only.
    texts: FxHashMap<String, ExpressionId>,
    /// For looking up only.
    single: FxHashMap<RseId, ExpressionId>,
    weights: Table<WeightId, Weights>,
    keys: FxHashMap<String, WeightId>,
}

/// One attribute of all RSEs as a weight.
type Weights = Table<RseId, Weight>;

/// What an RSE weighs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Weight {
    /// It lacks the attribute.
    None,
    /// The attribute is no number that is finite and not negative.
    Invalid,
    /// So much.
    Of(f64),
}

impl Words {
    /// Nothing has been asked yet.
    pub fn new(map: &Map, attributes: &Table<RseId, BTreeMap<String, String>>) -> Self {
        let words = |(id, rse): (RseId, &Rse)| (rse.name.clone(), attributes.get(id).cloned().unwrap_or_default());
        Self {
            rses: map.rses().iter().map(words).collect(),
            expressions: Table::new(),
            texts: FxHashMap::default(),
            single: FxHashMap::default(),
            weights: Table::new(),
            keys: FxHashMap::default(),
        }
    }

    /// An expression. Scenarios are checked before they run; a text that is none stands for no RSE.
    pub fn expression(&mut self, text: &str) -> ExpressionId {
        if let Some(&known) = self.texts.get(text) {
            return known;
        }
        let described = self.rses.iter().map(|(rse, (name, attributes))| Described { rse, name, attributes });
        let rses = Expression::parse(text).map(|read| read.evaluate(described)).unwrap_or_default();
        let id = self.expressions.push(rses);
        self.texts.insert(text.to_owned(), id);
        id
    }

    /// The RSEs of an expression, in order of their ids.
    pub fn rses(&self, expression: ExpressionId) -> &[RseId] {
        &self.expressions[expression]
    }

    /// The RSEs of a text, in order of their ids.
    pub fn rses_of(&mut self, text: &str) -> Vec<RseId> {
        let asked = self.expression(text);
        self.rses(asked).to_vec()
    }

    /// How many RSEs there are.
    pub fn n_rses(&self) -> usize {
        self.rses.len()
    }

    /// What an RSE says of itself.
    pub fn attribute(&self, rse: RseId, key: &str) -> Option<&str> {
        self.rses[rse].1.get(key).map(String::as_str)
    }

    /// An attribute as a weight.
    pub fn weight(&mut self, key: &str) -> WeightId {
        if let Some(&known) = self.keys.get(key) {
            return known;
        }
        let weight =
            |(_, attributes): &(String, BTreeMap<String, String>)| match attributes.get(key).map(|text| text.parse()) {
                None => Weight::None,
                Some(Ok(number)) if f64::is_finite(number) && number >= 0.0 => Weight::Of(number),
                Some(_) => Weight::Invalid,
            };
        let id = self.weights.push(self.rses.values().map(weight).collect());
        self.keys.insert(key.to_owned(), id);
        id
    }

    /// What RSEs weigh.
    pub fn weights(&self, weight: WeightId) -> &Weights {
        &self.weights[weight]
    }

    /// An attribute that limits RSEs in bytes; a negative number is no limit.
    pub fn limits(&self, key: &str) -> Table<RseId, Option<Bytes>> {
        let limit = |text: &String| text.parse().ok().filter(|bytes| *bytes >= 0.0).map(Bytes::from_f64);
        self.rses.values().map(|(_, attributes)| attributes.get(key).and_then(limit)).collect()
    }

    /// The expression that stands for one RSE, whatever its name.
    pub fn only(&mut self, rse: RseId) -> ExpressionId {
        let expressions = &mut self.expressions;
        *self.single.entry(rse).or_insert_with(|| expressions.push(vec![rse]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    #[test]
    fn what_was_asked_once_is_remembered() {
        let attributes = |weight: &str| BTreeMap::from([("share".to_owned(), weight.to_owned())]);
        let rows = [("A", attributes("2.5")), ("B", attributes("-1")), ("C", BTreeMap::new())];
        let rses = rows.into_iter().map(|(name, attributes)| (name.to_owned(), attributes)).collect();
        let (texts, single, keys) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        let mut words = Words { rses, expressions: Table::new(), texts, single, weights: Table::new(), keys };
        let (asked, again) = (words.expression("share>0|C"), words.expression("share>0|C"));
        assert_eq!(asked, again);
        assert_eq!(words.rses(asked), [0, 2].map(RseId::from_index));
        let none = words.expression("((");
        assert!(words.rses(none).is_empty(), "what is no expression stands for no RSE");
        let share = words.weight("share");
        assert_eq!(
            words.weights(share).values().copied().collect::<Vec<_>>(),
            [Weight::Of(2.5), Weight::Invalid, Weight::None]
        );
        let limits = words.limits("share");
        assert_eq!(limits.values().copied().collect::<Vec<_>>(), [Some(Bytes::new(3)), None, None]);
        let only = words.only(RseId::from_index(1));
        assert_eq!(words.only(RseId::from_index(1)), only);
        assert_eq!(words.rses(only), [RseId::from_index(1)]);
    }
}
