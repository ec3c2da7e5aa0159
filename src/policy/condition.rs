//! Condition operators: what they are called, what they compare, and which imply which.
//!
//! A condition is a set of clauses of operator, key and values. A clause is true, false or, where the
//! key's value is not known, neither. For containment, one clause may be known to imply another or to
//! exclude it; every such answer is sound, and "no" only means that nothing is known.

use std::net::IpAddr;
use std::str::FromStr;

use super::ast::Clause;
use super::intervals::{Decimal, Instant, Interval, Intervals};
use super::matching::{Glob, ONE, STAR, Symbol};

/// How a clause treats several values in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// No prefix: any value may satisfy it; a negated operator needs all to differ.
    Plain,
    /// `ForAnyValue:`
    AnyValue,
    /// `ForAllValues:`, true where there is no value.
    AllValues,
}

/// What a clause compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// The texts.
    Text,
    /// The texts without letter case.
    TextIgnoringCase,
    /// Patterns with wildcards.
    Pattern,
    /// Numbers, by this relation.
    Number(Relation),
    /// Points in time, by this relation.
    Date(Relation),
    /// Truth values.
    Bool,
    /// Addresses and ranges of them.
    Address,
}

/// An order relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// =
    Equal,
    /// <
    Less,
    /// ≤
    LessOrEqual,
    /// >
    Greater,
    /// ≥
    GreaterOrEqual,
}

/// An operator of RAM's condition grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operator {
    /// The prefix.
    pub quantifier: Quantifier,
    /// What is compared.
    pub comparison: Comparison,
    /// True where the comparison fails.
    pub negated: bool,
}

/// Every operator without a prefix, with its name.
pub const OPERATORS: &[(&str, Comparison, bool)] = &[
    ("StringEquals", Comparison::Text, false),
    ("StringNotEquals", Comparison::Text, true),
    (
        "StringEqualsIgnoreCase",
        Comparison::TextIgnoringCase,
        false,
    ),
    (
        "StringNotEqualsIgnoreCase",
        Comparison::TextIgnoringCase,
        true,
    ),
    ("StringLike", Comparison::Pattern, false),
    ("StringNotLike", Comparison::Pattern, true),
    ("NumericEquals", Comparison::Number(Relation::Equal), false),
    (
        "NumericNotEquals",
        Comparison::Number(Relation::Equal),
        true,
    ),
    ("NumericLessThan", Comparison::Number(Relation::Less), false),
    (
        "NumericLessThanEquals",
        Comparison::Number(Relation::LessOrEqual),
        false,
    ),
    (
        "NumericGreaterThan",
        Comparison::Number(Relation::Greater),
        false,
    ),
    (
        "NumericGreaterThanEquals",
        Comparison::Number(Relation::GreaterOrEqual),
        false,
    ),
    ("DateEquals", Comparison::Date(Relation::Equal), false),
    ("DateNotEquals", Comparison::Date(Relation::Equal), true),
    ("DateLessThan", Comparison::Date(Relation::Less), false),
    (
        "DateLessThanEquals",
        Comparison::Date(Relation::LessOrEqual),
        false,
    ),
    (
        "DateGreaterThan",
        Comparison::Date(Relation::Greater),
        false,
    ),
    (
        "DateGreaterThanEquals",
        Comparison::Date(Relation::GreaterOrEqual),
        false,
    ),
    ("Bool", Comparison::Bool, false),
    ("IpAddress", Comparison::Address, false),
    ("NotIpAddress", Comparison::Address, true),
];

impl Operator {
    /// The operator of this name, in this very spelling.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (quantifier, name) = if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Quantifier::AnyValue, rest)
        } else if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Quantifier::AllValues, rest)
        } else {
            (Quantifier::Plain, name)
        };
        let row = OPERATORS.iter().find(|row| row.0 == name)?;
        Some(Self {
            quantifier,
            comparison: row.1,
            negated: row.2,
        })
    }

    /// Whether the operator can read this value of a policy.
    #[must_use]
    pub fn reads(self, value: &str) -> bool {
        match self.comparison {
            Comparison::Text | Comparison::TextIgnoringCase | Comparison::Pattern => true,
            Comparison::Number(_) => Decimal::parse(value).is_some(),
            Comparison::Date(_) => Instant::parse(value).is_some(),
            Comparison::Bool => parse_bool(value).is_some(),
            Comparison::Address => addresses(value).is_some(),
        }
    }

    /// What a value has to look like, for messages.
    #[must_use]
    pub const fn expects(self) -> &'static str {
        match self.comparison {
            Comparison::Text | Comparison::TextIgnoringCase => "a text",
            Comparison::Pattern => "a pattern",
            Comparison::Number(_) => "a decimal number such as \"10\"",
            Comparison::Date(_) => "a date such as \"2026-01-31T23:59:59Z\"",
            Comparison::Bool => "\"true\" or \"false\"",
            Comparison::Address => "an address or range such as \"10.0.0.0/8\"",
        }
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// An address with the version of its family in front, so that all are in one order.
pub type Address = (u8, u128);

fn address(address: IpAddr) -> Address {
    match address {
        IpAddr::V4(v4) => (4, u128::from(v4.to_bits())),
        IpAddr::V6(v6) => (6, v6.to_bits()),
    }
}

fn parse_address(text: &str) -> Option<Address> {
    IpAddr::from_str(text).ok().map(address)
}

/// The addresses of `10.0.0.1` or `10.0.0.0/8`. Bits beyond the mask are let pass.
fn addresses(text: &str) -> Option<Interval<Address>> {
    let Some((base, bits)) = text.split_once('/') else {
        return parse_address(text).map(|a| Interval::between(a, a));
    };
    let (family, base) = parse_address(base)?;
    let width: u32 = if family == 4 { 32 } else { 128 };
    if bits.is_empty() || !bits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let bits: u32 = bits.parse().ok().filter(|bits| *bits <= width)?;
    let host = match width - bits {
        128 => u128::MAX,
        free => (1_u128 << free) - 1,
    };
    let low = base & !host;
    Some(Interval::between((family, low), (family, low | host)))
}

/// What values one clause accepts, before quantifier and negation.
#[derive(Debug, Clone)]
enum Predicate {
    Text(Vec<String>),
    TextIgnoringCase(Vec<String>),
    Pattern(Vec<Glob>),
    Number(Intervals<Decimal>),
    Date(Intervals<Instant>),
    Bool { yes: bool, no: bool },
    Address(Intervals<Address>),
}

impl Predicate {
    fn new(comparison: Comparison, values: &[&str]) -> Self {
        match comparison {
            Comparison::Text => Self::Text(values.iter().map(|v| (*v).to_owned()).collect()),
            Comparison::TextIgnoringCase => {
                Self::TextIgnoringCase(values.iter().map(|v| v.to_lowercase()).collect())
            }
            Comparison::Pattern => Self::Pattern(values.iter().map(|v| Glob::new(v)).collect()),
            Comparison::Number(relation) => {
                let points = values.iter().filter_map(|v| Decimal::parse(v));
                Self::Number(points.map(|point| related(relation, point)).collect())
            }
            Comparison::Date(relation) => {
                let points = values.iter().filter_map(|v| Instant::parse(v));
                Self::Date(points.map(|point| related(relation, point)).collect())
            }
            Comparison::Bool => Self::Bool {
                yes: values.iter().any(|v| parse_bool(v) == Some(true)),
                no: values.iter().any(|v| parse_bool(v) == Some(false)),
            },
            Comparison::Address => {
                Self::Address(values.iter().filter_map(|v| addresses(v)).collect())
            }
        }
    }

    /// Whether a value of a request is accepted. One that cannot be read is not.
    fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Text(texts) => texts.iter().any(|text| text == value),
            Self::TextIgnoringCase(texts) => {
                let value = value.to_lowercase();
                texts.contains(&value)
            }
            Self::Pattern(globs) => globs.iter().any(|glob| glob.matches_str(value)),
            Self::Number(set) => Decimal::parse(value).is_some_and(|v| set.contains(&v)),
            Self::Date(set) => Instant::parse(value).is_some_and(|v| set.contains(&v)),
            Self::Bool { yes, no } => match parse_bool(value) {
                Some(true) => *yes,
                Some(false) => *no,
                None => false,
            },
            Self::Address(set) => parse_address(value).is_some_and(|v| set.contains(&v)),
        }
    }

    /// Whether everything accepted here is surely accepted there.
    fn within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(texts), _) => texts.iter().all(|text| other.accepts(text)),
            (Self::TextIgnoringCase(a), Self::TextIgnoringCase(b)) => {
                a.iter().all(|text| b.contains(text))
            }
            (_, Self::Pattern(globs)) if globs.iter().any(Glob::is_any) => true,
            (Self::Pattern(a), Self::Pattern(b)) => {
                a.iter().all(|a| b.iter().any(|b| glob_within(a, b)))
            }
            (Self::Pattern(a), _) => a
                .iter()
                .all(|glob| literal(glob).is_some_and(|text| other.accepts(&text))),
            (Self::Number(a), Self::Number(b)) => a.within(b),
            (Self::Date(a), Self::Date(b)) => a.within(b),
            (Self::Address(a), Self::Address(b)) => a.within(b),
            (Self::Bool { yes, no }, Self::Bool { yes: y, no: n }) => (!yes || *y) && (!no || *n),
            _ => false,
        }
    }

    /// Whether surely nothing is accepted by both.
    fn apart(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(texts), other) | (other, Self::Text(texts)) => {
                !texts.iter().any(|text| other.accepts(text))
            }
            (Self::TextIgnoringCase(a), Self::TextIgnoringCase(b)) => {
                !a.iter().any(|text| b.contains(text))
            }
            (Self::Pattern(a), other) | (other, Self::Pattern(a))
                if a.iter().all(Glob::is_literal) =>
            {
                !a.iter()
                    .any(|glob| literal(glob).is_some_and(|text| other.accepts(&text)))
            }
            (Self::Number(a), Self::Number(b)) => a.apart(b),
            (Self::Date(a), Self::Date(b)) => a.apart(b),
            (Self::Address(a), Self::Address(b)) => a.apart(b),
            (Self::Bool { yes, no }, Self::Bool { yes: y, no: n }) => {
                !((*yes && *y) || (*no && *n))
            }
            _ => false,
        }
    }
}

fn related<T: Ord + Clone>(relation: Relation, point: T) -> Interval<T> {
    match relation {
        Relation::Equal => Interval::between(point.clone(), point),
        Relation::Less => Interval::below(point, false),
        Relation::LessOrEqual => Interval::below(point, true),
        Relation::Greater => Interval::above(point, false),
        Relation::GreaterOrEqual => Interval::above(point, true),
    }
}

fn literal(glob: &Glob) -> Option<String> {
    let symbols = glob.symbols().iter();
    symbols.map(|symbol| char::from_u32(*symbol)).collect()
}

/// Whether all that `a` fits, `b` fits: exact where `b` has no `?`, else only equality is seen.
fn glob_within(a: &Glob, b: &Glob) -> bool {
    if a == b {
        return true;
    }
    if b.symbols().contains(&ONE) && !a.is_literal() {
        return false;
    }
    // A letter of no alphabet stands for whatever a wildcard may stand for.
    let word: Vec<_> = a
        .symbols()
        .iter()
        .map(|symbol| {
            if *symbol >= STAR {
                Symbol::MAX
            } else {
                *symbol
            }
        })
        .collect();
    b.matches(&word)
}

/// Truth with a third value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// It depends on what is not known.
    Unknown,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl Truth {
    /// True if both are; false if one is.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }
}

/// What a request says of a condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// The request does not carry the key.
    Absent,
    /// Whether and with which value the request carries it is not known.
    Unknown,
    /// The values; at least one.
    Values(&'a [String]),
}

/// A clause, ready to be asked.
#[derive(Debug, Clone)]
pub struct Test {
    /// The key in lower case.
    key: String,
    form: Form,
    /// The clause as written, for telling opaque clauses apart.
    text: (String, Vec<String>),
}

#[derive(Debug, Clone)]
enum Form {
    /// An operator that is not RAM's.
    Opaque,
    /// Values that the operator cannot read: never true.
    Never,
    Known {
        quantifier: Quantifier,
        negated: bool,
        predicate: Predicate,
    },
}

impl Test {
    /// Prepares a clause.
    #[must_use]
    pub fn new(clause: &Clause) -> Self {
        let values: Vec<&str> = clause.values.iter().map(|v| v.value.as_str()).collect();
        let form = match clause.operator {
            None => Form::Opaque,
            Some(op) if !values.is_empty() && !values.iter().any(|v| op.reads(v)) => Form::Never,
            Some(op)
                if values.is_empty() && !op.negated && op.quantifier != Quantifier::AllValues =>
            {
                Form::Never
            }
            Some(op) => Form::Known {
                quantifier: op.quantifier,
                negated: op.negated,
                predicate: Predicate::new(op.comparison, &values),
            },
        };
        let mut texts: Vec<String> = values.iter().map(|v| (*v).to_owned()).collect();
        texts.sort();
        texts.dedup();
        Self {
            key: clause.key.value.to_lowercase(),
            form,
            text: (clause.operator_text.clone(), texts),
        }
    }

    /// The key in lower case.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether the clause holds for a request.
    #[must_use]
    pub fn ask(&self, lookup: Lookup<'_>) -> Truth {
        match &self.form {
            Form::Opaque => Truth::Unknown,
            Form::Never => Truth::No,
            Form::Known {
                quantifier,
                negated,
                predicate,
            } => match lookup {
                Lookup::Unknown => Truth::Unknown,
                Lookup::Absent => (*negated || *quantifier == Quantifier::AllValues).into(),
                Lookup::Values(values) => {
                    let accepts = |value: &String| predicate.accepts(value);
                    match (quantifier, negated) {
                        (Quantifier::Plain | Quantifier::AnyValue, false) => {
                            values.iter().any(accepts)
                        }
                        (Quantifier::AllValues, false) => values.iter().all(accepts),
                        (Quantifier::Plain | Quantifier::AllValues, true) => {
                            !values.iter().any(accepts)
                        }
                        (Quantifier::AnyValue, true) => !values.iter().all(accepts),
                    }
                    .into()
                }
            },
        }
    }

    /// Whether whatever satisfies this clause surely satisfies the other one.
    ///
    /// `single` says that requests carry at most one value of the key.
    #[must_use]
    pub fn implies(&self, other: &Self, single: bool) -> bool {
        if self.key != other.key {
            return false;
        }
        if self.text == other.text || matches!(self.form, Form::Never) {
            return true;
        }
        let (Some((set, neg, x)), Some((other_set, other_neg, y))) = (self.known(), other.known())
        else {
            return false;
        };
        let all = |quantifier| quantifier == Quantifier::AllValues;
        let any = |quantifier| quantifier == Quantifier::AnyValue;
        match (neg, other_neg) {
            // Some value is in X.
            (false, false) if !all(set) && !all(other_set) => x.within(y),
            (false, false) if !all(set) => single && x.within(y),
            // Every value is in X, and there may be none.
            (false, false) if all(other_set) => x.within(y),
            (false, false) => false,
            (false, true) if !all(set) => (any(other_set) || single) && x.apart(y),
            (false, true) => x.apart(y),
            (true, true) if any(set) => (any(other_set) || single) && y.within(x),
            (true, true) => y.within(x),
            (true, false) => false,
        }
    }

    /// Whether surely no request satisfies both clauses.
    #[must_use]
    pub fn excludes(&self, other: &Self, single: bool) -> bool {
        if matches!(self.form, Form::Never) || matches!(other.form, Form::Never) {
            return true;
        }
        if self.key != other.key {
            return false;
        }
        let (Some((set, neg, x)), Some((other_set, other_neg, y))) = (self.known(), other.known())
        else {
            return false;
        };
        let all = |quantifier| quantifier == Quantifier::AllValues;
        let any = |quantifier| quantifier == Quantifier::AnyValue;
        match (neg, other_neg) {
            // Some value in X, some value in Y.
            (false, false) if !all(set) && !all(other_set) => single && x.apart(y),
            (false, false) => !(all(set) && all(other_set)) && x.apart(y),
            (false, true) if !all(set) => (!any(other_set) || single) && x.within(y),
            (true, false) if !all(other_set) => (!any(set) || single) && y.within(x),
            _ => false,
        }
    }

    fn known(&self) -> Option<(Quantifier, bool, &Predicate)> {
        match &self.form {
            Form::Known {
                quantifier,
                negated,
                predicate,
            } => Some((*quantifier, *negated, predicate)),
            _ => None,
        }
    }

    /// Whether the values are those of an operator that RAM does not know.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        matches!(self.form, Form::Opaque)
    }

    /// Whether every request that carries the key satisfies the clause.
    #[must_use]
    pub fn holds_for_any_value(&self) -> bool {
        matches!(self.known(), Some((_, false, Predicate::Pattern(globs))) if globs.iter().any(Glob::is_any))
    }

    /// Whether no request can satisfy the clause, because its operator can read none of its values.
    #[must_use]
    pub fn never_holds(&self) -> bool {
        matches!(self.form, Form::Never)
    }

    /// Values around which the clause's answer changes: members of what it accepts and neighbours.
    #[must_use]
    pub fn samples(&self) -> Vec<String> {
        let Some((_, _, predicate)) = self.known() else {
            return Vec::new();
        };
        match predicate {
            Predicate::Text(texts) => texts.clone(),
            Predicate::TextIgnoringCase(texts) => {
                let upper = texts.iter().map(|text| text.to_uppercase());
                texts.iter().cloned().chain(upper).collect()
            }
            Predicate::Pattern(globs) => globs
                .iter()
                .flat_map(|glob| {
                    ["", "x", "example"].map(|filler| {
                        let symbols = glob.symbols().iter();
                        symbols
                            .map(|symbol| match *symbol {
                                STAR => filler.to_owned(),
                                ONE => "x".to_owned(),
                                other => {
                                    char::from_u32(other).map(String::from).unwrap_or_default()
                                }
                            })
                            .collect::<String>()
                    })
                })
                .collect(),
            Predicate::Number(set) => set.samples(Decimal::neighbours),
            Predicate::Date(set) => set.samples(Instant::neighbours),
            Predicate::Bool { .. } => vec!["true".to_owned(), "false".to_owned()],
            Predicate::Address(set) => set.samples(address_neighbours),
        }
    }
}

fn address_neighbours(point: &Address) -> Vec<String> {
    let (family, bits) = *point;
    [Some(bits), bits.checked_add(1), bits.checked_sub(1)]
        .into_iter()
        .flatten()
        .filter_map(|bits| {
            if family == 4 {
                let bits = u32::try_from(bits).ok()?;
                Some(std::net::Ipv4Addr::from_bits(bits).to_string())
            } else {
                Some(std::net::Ipv6Addr::from_bits(bits).to_string())
            }
        })
        .collect()
}
