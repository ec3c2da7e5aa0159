//! A schema as plain data: what Terraform is told, what the reference pages print, and what the
//! engine walks. Names stay in the order in which the author wrote them; who needs another order
//! sorts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::plugin::value::{Dynamic, ObjectType, Type, ValueError};

/// The schema of a provider, a resource or a data source.
#[derive(Debug, Clone, Default)]
pub struct SchemaData {
    /// The version of the stored state's shape.
    pub version: i64,
    /// Attributes and blocks.
    pub block: Block,
    /// What was built wrongly and cannot be seen in the block; [`super::check`] reports it.
    pub defects: Vec<String>,
}

impl SchemaData {
    /// The type of the values that this schema describes.
    #[must_use]
    pub fn implied_type(&self) -> Type {
        Type::Object(self.block.object_type())
    }
}

/// Attributes and nested blocks.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// What it is, in Markdown.
    pub description: String,
    /// What to use instead, where the whole block is deprecated.
    pub deprecated: Option<String>,
    /// Arguments and results.
    pub attributes: Vec<AttributeData>,
    /// Blocks that may be written inside.
    pub blocks: Vec<NestedBlock>,
    /// How long each operation may take unless the `timeouts` block says otherwise. `None` where
    /// there is no such block.
    pub timeouts: Option<TimeoutDefaults>,
}

impl Block {
    /// The implied object type.
    #[must_use]
    pub fn object_type(&self) -> ObjectType {
        let mut attributes: BTreeMap<String, Type> = BTreeMap::new();
        for attribute in &self.attributes {
            attributes.insert(attribute.name.clone(), attribute.ty.implied_type());
        }
        for nested in &self.blocks {
            attributes.insert(nested.name.clone(), nested.implied_type());
        }
        ObjectType {
            attributes,
            ..ObjectType::default()
        }
    }

    /// The attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&AttributeData> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The nested block of this name.
    #[must_use]
    pub fn nested(&self, name: &str) -> Option<&NestedBlock> {
        self.blocks.iter().find(|b| b.name == name)
    }
}

/// One attribute.
#[derive(Debug, Clone)]
pub struct AttributeData {
    /// Its name.
    pub name: String,
    /// What it is, in Markdown.
    pub description: String,
    /// Its type, or the attributes of the objects in it.
    pub ty: AttributeType,
    /// The author must write it.
    pub required: bool,
    /// The author may write it.
    pub optional: bool,
    /// The provider may fill it in.
    pub computed: bool,
    /// Hidden in Terraform's output.
    pub sensitive: bool,
    /// Sent in the configuration only, never stored.
    pub write_only: bool,
    /// What to use instead, where it is deprecated.
    pub deprecated: Option<String>,
    /// Used where the configuration is null.
    pub default: Option<Dynamic>,
    /// What values are refused.
    pub rules: Vec<Rule>,
    /// How a plan treats it.
    pub modifiers: Modifiers,
    /// Reads a known value into the model's type and forgets it: finds what does not fit.
    pub(crate) probe: Probe,
}

impl AttributeData {
    /// Whether only the provider may set it.
    #[must_use]
    pub fn read_only(&self) -> bool {
        self.computed && !self.optional && !self.required
    }
}

/// What an attribute holds.
#[derive(Debug, Clone)]
pub enum AttributeType {
    /// A value of this type.
    Plain(Type),
    /// Objects with attributes of their own.
    Nested(NestedObject),
}

impl AttributeType {
    /// The type of its values.
    #[must_use]
    pub fn implied_type(&self) -> Type {
        match self {
            Self::Plain(ty) => ty.clone(),
            Self::Nested(object) => object.implied_type(),
        }
    }
}

/// Objects inside an attribute.
#[derive(Debug, Clone)]
pub struct NestedObject {
    /// How many, and how they are told apart. Never [`Nesting::Group`].
    pub nesting: Nesting,
    /// Their attributes.
    pub attributes: Vec<AttributeData>,
}

impl NestedObject {
    /// The type of the attribute's value.
    #[must_use]
    pub fn implied_type(&self) -> Type {
        let attributes = self
            .attributes
            .iter()
            .map(|a| (a.name.clone(), a.ty.implied_type()))
            .collect();
        self.nesting.wrap(Type::Object(ObjectType {
            attributes,
            ..ObjectType::default()
        }))
    }
}

/// A block inside a block.
#[derive(Debug, Clone)]
pub struct NestedBlock {
    /// Its name.
    pub name: String,
    /// How many, and how they are told apart.
    pub nesting: Nesting,
    /// Least number of blocks.
    pub min_items: i64,
    /// Greatest number of blocks; 0 is no limit.
    pub max_items: i64,
    /// What is inside.
    pub block: Block,
}

impl NestedBlock {
    /// The type of its value.
    #[must_use]
    pub fn implied_type(&self) -> Type {
        self.nesting.wrap(Type::Object(self.block.object_type()))
    }
}

/// How many objects there are, and how they are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// At most one.
    Single,
    /// Always one (blocks only).
    Group,
    /// In order.
    List,
    /// Without order.
    Set,
    /// By key.
    Map,
}

impl Nesting {
    fn wrap(self, object: Type) -> Type {
        match self {
            Self::Single | Self::Group => object,
            Self::List => Type::List(Box::new(object)),
            Self::Set => Type::Set(Box::new(object)),
            Self::Map => Type::Map(Box::new(object)),
        }
    }
}

/// How a plan, a read and an apply treat an attribute.
#[derive(Debug, Clone, Default)]
pub struct Modifiers {
    /// A change replaces the object.
    pub replaces: bool,
    /// The value never changes after create.
    pub keep_prior: bool,
    /// The value changes only together with one of these; `None` where any change may change it.
    pub changes_with: Option<&'static [&'static str]>,
    /// A known value is never null.
    pub never_null: bool,
    /// Only tells the provider how to act: a change of nothing else calls no API.
    pub local: bool,
    /// The remote side cannot tell an empty value from none.
    pub empty_is_null: bool,
    /// Whether two known values mean the same.
    pub equal: Option<Equal>,
}

impl Modifiers {
    /// Each modifier that a user should know of, as a sentence for the reference page.
    #[must_use]
    pub fn descriptions(&self) -> Vec<&'static str> {
        let mut all = Vec::new();
        if self.replaces {
            all.push("Changing this replaces the object.");
        }
        if self.equal.is_some() {
            all.push("A value that means the same as the one in state plans no change.");
        }
        all
    }
}

type Check = dyn Fn(&Dynamic) -> Result<(), String> + Send + Sync;

/// A rule about an attribute's known values.
#[derive(Clone)]
pub struct Rule {
    /// The rule in words, for the reference page: "1 to 64 characters".
    pub description: String,
    /// A short constant title for the diagnostic.
    pub summary: &'static str,
    pub(crate) check: Arc<Check>,
}

impl Rule {
    /// Why the value is refused and what to write instead, or `Ok`.
    ///
    /// # Errors
    /// When the value breaks the rule.
    pub fn check(&self, value: &Dynamic) -> Result<(), String> {
        (self.check)(value)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.description).finish()
    }
}

type Compare = dyn Fn(&Dynamic, &Dynamic) -> bool + Send + Sync;

/// Semantic equality of two known values.
#[derive(Clone)]
pub struct Equal(pub(crate) Arc<Compare>);

impl Equal {
    /// Whether both mean the same.
    #[must_use]
    pub fn holds(&self, a: &Dynamic, b: &Dynamic) -> bool {
        (self.0)(a, b)
    }
}

impl fmt::Debug for Equal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Equal")
    }
}

/// Whether a known value fits the Rust type of the model's field.
#[derive(Clone)]
pub(crate) struct Probe(pub(crate) Arc<dyn Fn(Dynamic) -> Result<(), ValueError> + Send + Sync>);

impl Probe {
    pub(crate) fn check(&self, value: &Dynamic) -> Result<(), ValueError> {
        (self.0)(value.clone())
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Probe")
    }
}

/// How long each operation may take where the author says nothing; `None` for an operation that
/// the resource does not have, and that the block then does not offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeoutDefaults {
    /// Making the object.
    pub create: Option<Duration>,
    /// Reading it.
    pub read: Option<Duration>,
    /// Changing it.
    pub update: Option<Duration>,
    /// Removing it.
    pub delete: Option<Duration>,
}

impl TimeoutDefaults {
    /// The same time for all four operations.
    #[must_use]
    pub const fn all(duration: Duration) -> Self {
        Self {
            create: Some(duration),
            read: Some(duration),
            update: Some(duration),
            delete: Some(duration),
        }
    }

    /// The same times, without an update: every argument replaces the object.
    #[must_use]
    pub const fn without_update(mut self) -> Self {
        self.update = None;
        self
    }

    /// The operations that the block offers, with their times, in the order of the protocol.
    #[must_use]
    pub fn operations(&self) -> Vec<(&'static str, Duration)> {
        [
            ("create", self.create),
            ("read", self.read),
            ("update", self.update),
            ("delete", self.delete),
        ]
        .into_iter()
        .filter_map(|(name, duration)| duration.map(|d| (name, d)))
        .collect()
    }
}

/// The schema of a resource's identity: what names one object among all, for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityData {
    /// The version of its shape.
    pub version: i64,
    /// Its attributes.
    pub attributes: Vec<IdentityAttribute>,
}

impl IdentityData {
    /// The type of its values.
    #[must_use]
    pub fn implied_type(&self) -> Type {
        Type::Object(ObjectType {
            attributes: self
                .attributes
                .iter()
                .map(|a| (a.name.clone(), a.ty.clone()))
                .collect(),
            ..ObjectType::default()
        })
    }
}

/// One attribute of an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityAttribute {
    /// Its name.
    pub name: String,
    /// Its type: a primitive or a list of primitives.
    pub ty: Type,
    /// What it is.
    pub description: String,
    /// An import by identity must give it.
    pub required_for_import: bool,
    /// An import by identity may give it.
    pub optional_for_import: bool,
}
