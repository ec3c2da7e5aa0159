//! Schemas: plain data for Terraform, bound field by field to the struct that holds a resource's
//! values.
//!
//! A name is written once: [`Schema::attr`] takes the attribute's name, its description, the field
//! of the model, and what may be done with it. The engine, the reference pages and the tests read
//! the [data](SchemaData); nobody but [`Schema`] reads the bindings.
//!
//! This module may not know the engine, the protocol or any resource.

mod attribute;
mod bind;
pub mod check;
mod data;
pub mod docs;
mod identity;
mod timeouts;
pub mod validators;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::Arc;

pub use attribute::{Attribute, Check, Validator};
pub use data::{
    AttributeData, AttributeType, Block, Equal, IdentityAttribute, IdentityData, Modifiers,
    NestedBlock, NestedObject, Nesting, Rule, SchemaData, TimeoutDefaults,
};
pub use identity::{Identity, ImportUse};
pub use timeouts::{Timeouts, parse_duration, print_duration};

use bind::{Binding, Codec};

use super::value::{Dynamic, Field, Value, ValueError};

/// A struct whose fields a [`Schema`] binds.
pub trait Model: Default + Clone + PartialEq + Debug + Send + Sync + 'static {}
impl<M: Default + Clone + PartialEq + Debug + Send + Sync + 'static> Model for M {}

/// A function from a model to one of its fields.
pub type Lens<M, F> = for<'a> fn(&'a mut M) -> &'a mut F;

/// A schema whose values live in the model `M`.
pub struct Schema<M> {
    data: SchemaData,
    bindings: Vec<Binding<M>>,
    min_items: i64,
    max_items: i64,
}

impl<M> Debug for Schema<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.data).finish()
    }
}

impl<M: Model> Schema<M> {
    /// A schema without attributes; the description is Markdown.
    #[must_use]
    pub fn new(description: &'static str) -> Self {
        Self {
            data: SchemaData {
                block: Block {
                    description: description.to_owned(),
                    ..Block::default()
                },
                ..SchemaData::default()
            },
            bindings: Vec::new(),
            min_items: 0,
            max_items: 0,
        }
    }

    /// The version of the stored state's shape; 0 unless said.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.data.version = version;
        self
    }

    /// Still accepted, with a warning that says what to use instead: the whole resource, data
    /// source, or (for the schema of a block) block.
    #[must_use]
    pub fn deprecated(mut self, message: &'static str) -> Self {
        self.data.block.deprecated = Some(message.to_owned());
        self
    }

    /// For the schema of a block: the author must write at least so many of them.
    #[must_use]
    pub fn at_least(mut self, blocks: i64) -> Self {
        self.min_items = blocks;
        self
    }

    /// For the schema of a block: the author may write no more than so many of them.
    #[must_use]
    pub fn at_most(mut self, blocks: i64) -> Self {
        self.max_items = blocks;
        self
    }

    /// One attribute.
    #[must_use]
    pub fn attr<T: Field>(
        self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<T>>,
        options: impl FnOnce(Attribute<T>) -> Attribute<T>,
    ) -> Self {
        let ty = AttributeType::Plain(T::ty());
        self.push_attribute(name, description, lens, Codec::field(), ty, options)
    }

    /// A nested attribute: one object (`SINGLE`).
    #[must_use]
    pub fn object<N: Model>(
        mut self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<N>>,
        schema: Schema<N>,
        options: impl FnOnce(Attribute<N>) -> Attribute<N>,
    ) -> Self {
        let ty = self.nested_attribute(name, Nesting::Single, &schema);
        self.push_attribute(
            name,
            description,
            lens,
            Codec::object(schema.into()),
            ty,
            options,
        )
    }

    /// A nested attribute: a list of objects (`LIST`).
    #[must_use]
    pub fn objects<N: Model>(
        mut self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<Vec<N>>>,
        schema: Schema<N>,
        options: impl FnOnce(Attribute<Vec<N>>) -> Attribute<Vec<N>>,
    ) -> Self {
        let ty = self.nested_attribute(name, Nesting::List, &schema);
        self.push_attribute(
            name,
            description,
            lens,
            Codec::list(schema.into()),
            ty,
            options,
        )
    }

    /// A nested attribute: a set of objects (`SET`).
    #[must_use]
    pub fn object_set<N: Model>(
        mut self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<Vec<N>>>,
        schema: Schema<N>,
        options: impl FnOnce(Attribute<Vec<N>>) -> Attribute<Vec<N>>,
    ) -> Self {
        let ty = self.nested_attribute(name, Nesting::Set, &schema);
        self.push_attribute(
            name,
            description,
            lens,
            Codec::set(schema.into()),
            ty,
            options,
        )
    }

    /// A nested attribute: objects by key (`MAP`).
    #[must_use]
    pub fn object_map<N: Model>(
        mut self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<BTreeMap<String, N>>>,
        schema: Schema<N>,
        options: impl FnOnce(Attribute<BTreeMap<String, N>>) -> Attribute<BTreeMap<String, N>>,
    ) -> Self {
        let ty = self.nested_attribute(name, Nesting::Map, &schema);
        self.push_attribute(
            name,
            description,
            lens,
            Codec::map(schema.into()),
            ty,
            options,
        )
    }

    /// A block that may be written at most once; [`Schema::at_least`] 1 makes it required.
    #[must_use]
    pub fn block<N: Model>(
        self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<N>>,
        schema: Schema<N>,
    ) -> Self {
        let mut nested = nested_block(name, description, Nesting::Single, &schema);
        // A block that occurs at most once says so by its nesting; the limits of the protocol
        // then only tell whether it is required.
        nested.max_items = nested.min_items;
        self.push_block(name, nested, lens, schema, Codec::object, None)
    }

    /// A block that may be repeated, in order.
    #[must_use]
    pub fn blocks<N: Model>(
        self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<Vec<N>>>,
        schema: Schema<N>,
    ) -> Self {
        let nested = nested_block(name, description, Nesting::List, &schema);
        let empty = Dynamic::List(Vec::new());
        self.push_block(name, nested, lens, schema, Codec::list, Some(empty))
    }

    /// A block that may be repeated, without order.
    #[must_use]
    pub fn block_set<N: Model>(
        self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<Vec<N>>>,
        schema: Schema<N>,
    ) -> Self {
        let nested = nested_block(name, description, Nesting::Set, &schema);
        let empty = Dynamic::Set(Vec::new());
        self.push_block(name, nested, lens, schema, Codec::set, Some(empty))
    }

    /// The `timeouts` block (`create`, `read`, `update`, `delete`; Go-style durations such as
    /// `"1h30m"`). The engine enforces them; the block offers the operations that have a default.
    #[must_use]
    pub fn timeouts(mut self, lens: Lens<M, Timeouts>, defaults: TimeoutDefaults) -> Self {
        self.data.block.timeouts = Some(defaults);
        self.data.block.blocks.push(timeouts::block(defaults));
        self.bindings.push(timeouts::binding(lens, defaults));
        self
    }

    /// The schema as data.
    #[must_use]
    pub fn data(&self) -> &SchemaData {
        &self.data
    }

    /// Reads an object of the implied type.
    ///
    /// # Errors
    /// When a known value does not fit its field, with the path from the root of the object.
    pub fn decode(&self, value: Dynamic) -> Result<M, ValueError> {
        let Dynamic::Object(mut attributes) = value else {
            return Err(bind::mismatch("an object", &value));
        };
        let mut model = M::default();
        for binding in &self.bindings {
            let value = attributes.remove(binding.name).unwrap_or(Dynamic::Null);
            (binding.decode)(&mut model, value)
                .map_err(|error| error.in_attribute(binding.name))?;
        }
        Ok(model)
    }

    /// Writes an object of the implied type.
    #[must_use]
    pub fn encode(&self, mut model: M) -> Dynamic {
        Dynamic::Object(
            self.bindings
                .iter()
                .map(|binding| (binding.name.to_owned(), (binding.encode)(&mut model)))
                .collect(),
        )
    }

    fn nested_attribute<N: Model>(
        &mut self,
        name: &str,
        nesting: Nesting,
        schema: &Schema<N>,
    ) -> AttributeType {
        for defect in &schema.data.defects {
            self.data.defects.push(format!("{name}: {defect}"));
        }
        if !schema.data.block.blocks.is_empty() {
            self.data
                .defects
                .push(format!("{name}: a nested attribute cannot contain blocks"));
        }
        AttributeType::Nested(NestedObject {
            nesting,
            attributes: schema.data.block.attributes.clone(),
        })
    }

    fn push_attribute<T: Clone + PartialEq + Send + Sync + 'static>(
        mut self,
        name: &'static str,
        description: &'static str,
        lens: Lens<M, Value<T>>,
        codec: Codec<T>,
        ty: AttributeType,
        options: impl FnOnce(Attribute<T>) -> Attribute<T>,
    ) -> Self {
        let codec = Arc::new(codec);
        let attribute = options(Attribute::new());
        self.data.block.attributes.push(bind::attribute_data(
            name,
            description,
            ty,
            attribute,
            &codec,
        ));
        self.bindings.push(bind::binding(name, lens, codec, None));
        self
    }

    fn push_block<N: Model, T: Clone + Send + Sync + 'static>(
        mut self,
        name: &'static str,
        nested: NestedBlock,
        lens: Lens<M, Value<T>>,
        schema: Schema<N>,
        codec: fn(Arc<Schema<N>>) -> Codec<T>,
        empty: Option<Dynamic>,
    ) -> Self {
        for defect in &schema.data.defects {
            self.data.defects.push(format!("{name}: {defect}"));
        }
        if schema.data.block.timeouts.is_some() {
            self.data.defects.push(format!(
                "{name}: only the root of a resource can have timeouts"
            ));
        }
        self.bindings.push(bind::binding(
            name,
            lens,
            Arc::new(codec(schema.into())),
            empty,
        ));
        self.data.block.blocks.push(nested);
        self
    }
}

fn nested_block<N>(
    name: &str,
    description: &str,
    nesting: Nesting,
    schema: &Schema<N>,
) -> NestedBlock {
    let mut block = schema.data.block.clone();
    if !description.is_empty() {
        description.clone_into(&mut block.description);
    }
    NestedBlock {
        name: name.to_owned(),
        nesting,
        min_items: schema.min_items,
        max_items: schema.max_items,
        block,
    }
}
