//! RSE expressions: which RSEs something may be at, in the language of Rucio.
//!
//! | written | stands for |
//! |---|---|
//! | `CERN_DATADISK` | the RSE of that name |
//! | `tier=1` | RSEs with that attribute |
//! | `tier<2`, `free>100` | RSEs whose attribute is a number below, above |
//! | `*` | all RSEs |
//! | `a\|b`, `a&b`, `a\b` | either, both, the first without the second |
//!
//! Operators are taken **strictly from left to right**: `A|B&C` is `(A|B)&C`. A name that no RSE has is the empty set; only an
//! expression that comes to nothing as a whole is an error, and that of whoever uses it.

use std::collections::BTreeMap;
use std::fmt;

use crate::ids::RseId;

/// An RSE expression, read once.
///
/// ```
/// use dapple_simulator::catalogue::Expression;
/// let read = Expression::parse("tier=1 & country=DE \\ OLD_DISK").expect("it is one");
/// assert_eq!(read.words().count(), 3);
/// let error = Expression::parse("tier=1&").expect_err("something is missing");
/// assert_eq!((error.at, error.to_string()), (7, "an RSE expression ends where a name, `key=value`, `*` or `(` must follow".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    text: String,
    first: Term,
    /// What follows, taken from left to right.
    rest: Vec<(Operator, Term)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Word(Word),
    Group(Box<Expression>),
}

/// What one RSE is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// Any RSE.
    All,
    /// The RSE of this name.
    Name(String),
    /// RSEs whose attribute has this value.
    Is {
        /// The attribute.
        key: String,
        /// Its value.
        value: String,
    },
    /// RSEs whose attribute is a number below this one.
    Below {
        /// The attribute.
        key: String,
        /// The number.
        number: f64,
    },
    /// RSEs whose attribute is a number above this one.
    Above {
        /// The attribute.
        key: String,
        /// The number.
        number: f64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Union,
    Intersection,
    Complement,
}

/// An RSE as expressions see it.
#[derive(Clone, Copy, Debug)]
pub struct Described<'a> {
    /// Which it is.
    pub rse: RseId,
    /// What it is called.
    pub name: &'a str,
    /// What it says of itself.
    pub attributes: &'a BTreeMap<String, String>,
}

impl Expression {
    /// Reads an expression. White space between its parts does not count.
    ///
    /// # Errors
    /// Where it is none, with the place of what is wrong.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut reader = Reader { text, at: 0 };
        let read = reader.expression(0)?;
        match reader.peek() {
            None => Ok(read),
            Some(found) => Err(ExpressionError { at: reader.at, what: Wrong::NoOperator(found) }),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it asks, in order.
    pub fn words(&self) -> Box<dyn Iterator<Item = &Word> + '_> {
        let terms = std::iter::once(&self.first).chain(self.rest.iter().map(|(_, term)| term));
        Box::new(terms.flat_map(|term| match term {
            Term::Word(word) => Box::new(std::iter::once(word)),
            Term::Group(inner) => inner.words(),
        }))
    }

    /// The RSEs it stands for, in the order of `rses`.
    pub fn evaluate<'a>(&self, rses: impl IntoIterator<Item = Described<'a>>) -> Vec<RseId> {
        rses.into_iter().filter(|rse| self.holds(rse)).map(|rse| rse.rse).collect()
    }

    /// Whether one RSE is of it: set by set and RSE by RSE come to the same, as no operator looks at another RSE.
    pub fn holds(&self, rse: &Described<'_>) -> bool {
        self.rest.iter().fold(self.first.holds(rse), |so_far, (operator, term)| match operator {
            Operator::Union => so_far || term.holds(rse),
            Operator::Intersection => so_far && term.holds(rse),
            Operator::Complement => so_far && !term.holds(rse),
        })
    }
}

impl Term {
    fn holds(&self, rse: &Described<'_>) -> bool {
        match self {
            Self::Word(word) => word.holds(rse),
            Self::Group(inner) => inner.holds(rse),
        }
    }
}

impl Word {
    fn holds(&self, rse: &Described<'_>) -> bool {
        let number = |key: &str| rse.attributes.get(key).and_then(|value| value.parse::<f64>().ok());
        match self {
            Self::All => true,
            Self::Name(name) => rse.name == name,
            Self::Is { key, value } => rse.attributes.get(key) == Some(value),
            Self::Below { key, number: limit } => number(key).is_some_and(|number| number < *limit),
            Self::Above { key, number: limit } => number(key).is_some_and(|number| number > *limit),
        }
    }
}

/// Why a text is no RSE expression.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{what}")]
pub struct ExpressionError {
    /// Where, in bytes from the start of the text.
    pub at: usize,
    what: Wrong,
}

#[derive(Clone, Debug, PartialEq)]
enum Wrong {
    NoTerm(Option<char>),
    NoOperator(char),
    NeverClosed,
    NoKey(char),
    NoValue(String),
    NoNumber(String),
    TooDeep,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const TERM: &str = "a name, `key=value`, `*` or `(` must follow";
        match self {
            Self::NoTerm(None) => write!(f, "an RSE expression ends where {TERM}"),
            Self::NoTerm(Some(found)) => write!(f, "`{found}` stands where {TERM}"),
            Self::NoOperator(')') => write!(f, "`)` closes no parenthesis"),
            Self::NoOperator(found) => write!(f, "`{found}` stands where `|`, `&` or `\\` must follow"),
            Self::NeverClosed => write!(f, "this parenthesis is never closed"),
            Self::NoKey(sign) => write!(f, "no attribute stands in front of `{sign}`"),
            Self::NoValue(key) => write!(f, "no value follows `{key}=`"),
            Self::NoNumber(found) => write!(f, "`<` and `>` compare with a number, and `{found}` is none"),
            Self::TooDeep => write!(f, "parentheses stand in each other more than {DEEPEST} deep"),
        }
    }
}

/// Parentheses in each other; more are no expression that anybody has written.
const DEEPEST: u32 = 64;

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn expression(&mut self, depth: u32) -> Result<Expression, ExpressionError> {
        let found = self.peek();
        let start = self.at;
        let first = self.term(found, depth)?;
        let mut rest = Vec::new();
        loop {
            let operator = match self.peek() {
                Some('|') => Operator::Union,
                Some('&') => Operator::Intersection,
                Some('\\') => Operator::Complement,
                _ => break,
            };
            self.at += 1;
            let found = self.peek();
            rest.push((operator, self.term(found, depth)?));
        }
        let text = self.text[start..self.at].trim_end().to_owned();
        Ok(Expression { text, first, rest })
    }

    fn term(&mut self, found: Option<char>, depth: u32) -> Result<Term, ExpressionError> {
        let start = self.at;
        let error = |at, what| Err(ExpressionError { at, what });
        match found {
            Some('(') if depth == DEEPEST => error(start, Wrong::TooDeep),
            Some('(') => {
                self.at += 1;
                let inner = self.expression(depth + 1)?;
                match self.peek() {
                    Some(')') => self.at += 1,
                    Some(found) => return error(self.at, Wrong::NoOperator(found)),
                    None => return error(start, Wrong::NeverClosed),
                }
                Ok(Term::Group(Box::new(inner)))
            }
            Some('*') => {
                self.at += 1;
                Ok(Term::Word(Word::All))
            }
            Some(sign @ ('=' | '<' | '>')) => error(start, Wrong::NoKey(sign)),
            None | Some('|' | '&' | '\\' | ')') => error(start, Wrong::NoTerm(found)),
            Some(_) => self.word().map(Term::Word),
        }
    }

    fn word(&mut self) -> Result<Word, ExpressionError> {
        let key = self.letters().to_owned();
        let Some(sign @ ('=' | '<' | '>')) = self.peek() else { return Ok(Word::Name(key)) };
        self.at += 1;
        self.peek();
        let at = self.at;
        let value = self.letters().to_owned();
        if sign == '=' {
            let what = Wrong::NoValue(key.clone());
            return if value.is_empty() { Err(ExpressionError { at, what }) } else { Ok(Word::Is { key, value }) };
        }
        match value.parse::<f64>() {
            Ok(number) if number.is_finite() && sign == '<' => Ok(Word::Below { key, number }),
            Ok(number) if number.is_finite() => Ok(Word::Above { key, number }),
            _ => Err(ExpressionError { at, what: Wrong::NoNumber(value) }),
        }
    }

    /// What stands here up to the next sign or space.
    fn letters(&mut self) -> &str {
        let is_end = |c: char| c.is_whitespace() || "|&\\()=<>*".contains(c);
        let rest = &self.text[self.at..];
        let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }
}

#[cfg(test)]
mod tests;
