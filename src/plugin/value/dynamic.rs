//! Values of any type.

use std::collections::BTreeMap;

use super::{Number, ObjectType, Path, Refinement, Step, Type, ValueError, nfc, order};

/// A value of any type, as it travels between Terraform and the provider.
///
/// A `Dynamic` does not carry its type: the schema does. The one exception is
/// [`Dynamic::Typed`], the content of an attribute whose type is [`Type::Dynamic`].
///
/// Equality compares sets as sets, numbers by numeric value and text after NFC.
#[derive(Debug, Clone, Default)]
pub enum Dynamic {
    /// No value.
    #[default]
    Null,
    /// Not known until apply; what is already known about it, if anything.
    Unknown(Option<Box<Refinement>>),
    /// A boolean.
    Bool(bool),
    /// An exact number.
    Number(Number),
    /// Text in NFC; [`Dynamic::string`] makes it so.
    String(String),
    /// Elements in order.
    List(Vec<Dynamic>),
    /// Elements without order or duplicates; [`Dynamic::set_of`] removes duplicates.
    Set(Vec<Dynamic>),
    /// Elements by key, which is text in NFC.
    Map(BTreeMap<String, Dynamic>),
    /// Elements of a fixed number.
    Tuple(Vec<Dynamic>),
    /// Attributes by name; every attribute of the type is present.
    Object(BTreeMap<String, Dynamic>),
    /// A value together with its type.
    Typed(Box<(Type, Dynamic)>),
}

impl Dynamic {
    /// Text, brought into NFC.
    #[must_use]
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(nfc(text.into()))
    }

    /// A value that nothing is known about.
    #[must_use]
    pub const fn unknown() -> Self {
        Self::Unknown(None)
    }

    /// A value of which only this is known.
    #[must_use]
    pub fn refined(refinement: Refinement) -> Self {
        Self::Unknown((!refinement.is_empty()).then(|| Box::new(refinement)))
    }

    /// A set of these elements, without duplicates. Elements that are not wholly known are never
    /// merged.
    #[must_use]
    pub fn set_of(elements: Vec<Dynamic>) -> Self {
        Self::Set(order::unique(elements))
    }

    /// A map of these entries, keys brought into NFC.
    #[must_use]
    pub fn map_of<K: Into<String>>(entries: impl IntoIterator<Item = (K, Dynamic)>) -> Self {
        let entries = entries.into_iter();
        Self::Map(
            entries
                .map(|(key, value)| (nfc(key.into()), value))
                .collect(),
        )
    }

    /// An object of these attributes.
    #[must_use]
    pub fn object<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Dynamic)>) -> Self {
        let attributes = attributes.into_iter();
        Self::Object(
            attributes
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }

    /// An object of this type whose attributes are all null.
    #[must_use]
    pub fn null_attributes(ty: &ObjectType) -> Self {
        Self::object(ty.attributes.keys().map(|name| (name.as_str(), Self::Null)))
    }

    /// A value together with its type, for an attribute of type [`Type::Dynamic`].
    ///
    /// Where the type itself says "any", the value is what it already was: null, unknown or typed.
    #[must_use]
    pub fn typed(ty: Type, value: Dynamic) -> Self {
        match ty {
            Type::Dynamic => value.into_typed(),
            ty => Self::Typed(Box::new((ty, value))),
        }
    }

    /// This value as the content of an attribute of type [`Type::Dynamic`]: together with the type
    /// that [`Dynamic::infer_type`] finds. Null, unknown and typed values stay as they are, and so
    /// does a value for which no type is found.
    #[must_use]
    pub fn into_typed(self) -> Self {
        match self {
            Self::Null | Self::Typed(_) => self,
            Self::Unknown(_) => Self::unknown(),
            value => match value.infer_type() {
                Some(ty) => Self::Typed(Box::new((ty, value))),
                None => value,
            },
        }
    }

    /// The type that this value has by its shape. Nulls and unknowns may be of any type; `None`
    /// where the elements of a collection are of different types.
    #[must_use]
    pub fn infer_type(&self) -> Option<Type> {
        match self {
            Self::Null | Self::Unknown(_) | Self::Typed(_) => Some(Type::Dynamic),
            Self::Bool(_) => Some(Type::Bool),
            Self::Number(_) => Some(Type::Number),
            Self::String(_) => Some(Type::String),
            Self::List(elements) => common_type(elements).map(Type::list),
            Self::Set(elements) => common_type(elements).map(Type::set),
            Self::Map(elements) => common_type(elements.values()).map(Type::map),
            Self::Tuple(elements) => {
                let types: Option<Vec<Type>> = elements.iter().map(Self::infer_type).collect();
                types.map(Type::Tuple)
            }
            Self::Object(attributes) => {
                let types: Option<Vec<(&str, Type)>> = attributes
                    .iter()
                    .map(|(name, value)| Some((name.as_str(), value.infer_type()?)))
                    .collect();
                types.map(Type::object)
            }
        }
    }

    /// The value without a type beside it.
    #[must_use]
    pub fn untyped(&self) -> &Self {
        match self {
            Self::Typed(typed) => typed.1.untyped(),
            value => value,
        }
    }

    /// Whether this is null, of whatever type.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.untyped(), Self::Null)
    }

    /// Whether this is unknown as a whole, of whatever type.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self.untyped(), Self::Unknown(_))
    }

    /// Whether neither this nor any part of it is unknown.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => {
                elements.iter().all(Self::is_wholly_known)
            }
            Self::Map(elements) | Self::Object(elements) => {
                elements.values().all(Self::is_wholly_known)
            }
            Self::Typed(typed) => typed.1.is_wholly_known(),
        }
    }

    /// The boolean, where this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.untyped() {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, where this is one.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        match self.untyped() {
            Self::Number(value) => Some(value),
            _ => None,
        }
    }

    /// The text, where this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self.untyped() {
            Self::String(value) => Some(value),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple.
    #[must_use]
    pub fn elements(&self) -> Option<&[Dynamic]> {
        match self.untyped() {
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries of a map or the attributes of an object.
    #[must_use]
    pub fn entries(&self) -> Option<&BTreeMap<String, Dynamic>> {
        match self.untyped() {
            Self::Map(entries) | Self::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entries of a map or the attributes of an object, to be changed.
    pub fn entries_mut(&mut self) -> Option<&mut BTreeMap<String, Dynamic>> {
        match self {
            Self::Map(entries) | Self::Object(entries) => Some(entries),
            Self::Typed(typed) => typed.1.entries_mut(),
            _ => None,
        }
    }

    /// An object's attribute, or a map's entry.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Dynamic> {
        self.entries()?.get(name)
    }

    /// The part that a path leads to. A null or unknown has no parts, and a set has none that a
    /// path can name.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&Dynamic> {
        path.steps()
            .iter()
            .try_fold(self, |value, step| match (value.untyped(), step) {
                (Self::Map(entries) | Self::Object(entries), Step::Attribute(k) | Step::Key(k)) => {
                    entries.get(k)
                }
                (Self::List(elements) | Self::Tuple(elements), Step::Index(index)) => {
                    elements.get(usize::try_from(*index).ok()?)
                }
                _ => None,
            })
    }

    /// The part that a path leads to, to be changed.
    pub fn get_mut(&mut self, path: &Path) -> Option<&mut Dynamic> {
        path.steps().iter().try_fold(self, Self::step_mut)
    }

    fn step_mut(&mut self, step: &Step) -> Option<&mut Dynamic> {
        match (self, step) {
            (Self::Typed(typed), step) => typed.1.step_mut(step),
            (Self::Map(entries) | Self::Object(entries), Step::Attribute(k) | Step::Key(k)) => {
                entries.get_mut(k)
            }
            (Self::List(elements) | Self::Tuple(elements), Step::Index(index)) => {
                elements.get_mut(usize::try_from(*index).ok()?)
            }
            _ => None,
        }
    }

    /// Replaces the part that a path leads to, or adds an entry to a map.
    ///
    /// # Errors
    /// When there is no such part.
    pub fn set(&mut self, path: &Path, value: Dynamic) -> Result<(), ValueError> {
        let missing = || ValueError::new("there is no such value").at(path.clone());
        if let Some((Step::Key(key), parent)) = path.steps().split_last() {
            let holder = parent.iter().try_fold(&mut *self, Self::step_mut);
            if let Some(Self::Map(entries)) = holder {
                entries.insert(nfc(key.clone()), value);
                return Ok(());
            }
        }
        *self.get_mut(path).ok_or_else(missing)? = value;
        Ok(())
    }

    /// Rebuilds a value from its parts, innermost first: `f` gets each part with its path and
    /// returns what stands in its place. Elements of a set come with the path of the set, and are
    /// de-duplicated afterwards; a typed value's content comes with the path of the value.
    ///
    /// # Errors
    /// The first error of `f`.
    pub fn transform<E>(
        self,
        f: &mut dyn FnMut(&Path, Dynamic) -> Result<Dynamic, E>,
    ) -> Result<Dynamic, E> {
        transform(self, &mut Path::root(), f)
    }

    /// Shows each part with its path to `f`, outermost first; `f` says whether to look into it.
    /// Elements of a set come with the path of the set, a typed value's content with the path of
    /// the value.
    pub fn visit(&self, f: &mut dyn FnMut(&Path, &Dynamic) -> bool) {
        visit(self, &mut Path::root(), f);
    }

    /// The value with every unknown part replaced by null.
    #[must_use]
    pub fn unknowns_to_null(self) -> Self {
        if self.is_wholly_known() {
            return self;
        }
        match self {
            Self::Unknown(_) => Self::Null,
            Self::List(elements) => Self::List(all_to_null(elements)),
            Self::Tuple(elements) => Self::Tuple(all_to_null(elements)),
            Self::Set(elements) => Self::set_of(all_to_null(elements)),
            Self::Map(elements) => Self::Map(values_to_null(elements)),
            Self::Object(elements) => Self::Object(values_to_null(elements)),
            Self::Typed(mut typed) => {
                typed.1 = typed.1.unknowns_to_null();
                Self::Typed(typed)
            }
            known @ (Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_)) => known,
        }
    }

    /// Checks that this is a value of the type, null and unknown included.
    ///
    /// # Errors
    /// The first part that is not, with its path.
    pub fn conforms(&self, ty: &Type) -> Result<(), ValueError> {
        match (self, ty) {
            (Self::Null, _)
            | (Self::Bool(_), Type::Bool)
            | (Self::Number(_), Type::Number)
            | (Self::String(_), Type::String) => Ok(()),
            (Self::Unknown(None), _) => Ok(()),
            (Self::Unknown(Some(refinement)), ty) => refinement.conforms(ty),
            (Self::List(elements), Type::List(element)) => {
                for (index, value) in elements.iter().enumerate() {
                    value.conforms(element).map_err(|e| e.in_element(index))?;
                }
                Ok(())
            }
            (Self::Set(elements), Type::Set(element)) => elements
                .iter()
                .try_for_each(|value| value.conforms(element).map_err(ValueError::in_set)),
            (Self::Map(entries), Type::Map(element)) => {
                for (key, value) in entries {
                    value.conforms(element).map_err(|e| e.in_key(key))?;
                }
                Ok(())
            }
            (Self::Tuple(elements), Type::Tuple(types)) => {
                if elements.len() != types.len() {
                    return Err(wrong_length(elements.len(), types.len()));
                }
                for (index, (value, ty)) in elements.iter().zip(types).enumerate() {
                    value.conforms(ty).map_err(|e| e.in_element(index))?;
                }
                Ok(())
            }
            (Self::Object(attributes), Type::Object(object)) => {
                same_attributes(attributes, &object.attributes)?;
                for ((name, value), ty) in attributes.iter().zip(object.attributes.values()) {
                    value.conforms(ty).map_err(|e| e.in_attribute(name))?;
                }
                Ok(())
            }
            (Self::Typed(typed), Type::Dynamic) => typed.1.conforms(&typed.0),
            (value, ty) => Err(value.mismatch(ty)),
        }
    }

    /// That this value is not of the type.
    pub(super) fn mismatch(&self, ty: &Type) -> ValueError {
        ValueError::new(format!("{ty} is required, not {}", self.kind()))
    }

    /// What this is, for messages; never the content, which may be secret.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown(_) => "an unknown value",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Tuple(_) => "a tuple",
            Self::Object(_) => "an object",
            Self::Typed(_) => "a value with its own type",
        }
    }
}

/// The type of all elements. Nulls and unknowns fit whatever the others are.
fn common_type<'a>(elements: impl IntoIterator<Item = &'a Dynamic>) -> Option<Type> {
    let mut common = None;
    for element in elements {
        if matches!(element, Dynamic::Null | Dynamic::Unknown(_)) {
            continue;
        }
        let ty = element.infer_type()?;
        match &common {
            None => common = Some(ty),
            Some(common) if *common == ty => {}
            Some(_) => return None,
        }
    }
    Some(common.unwrap_or(Type::Dynamic))
}

fn transform<E>(
    value: Dynamic,
    path: &mut Path,
    f: &mut dyn FnMut(&Path, Dynamic) -> Result<Dynamic, E>,
) -> Result<Dynamic, E> {
    let mut sequence = |elements: Vec<Dynamic>, path: &mut Path| {
        let mut changed = Vec::with_capacity(elements.len());
        for (index, element) in (0..).zip(elements) {
            path.0.push(Step::Index(index));
            let element = transform(element, path, f);
            path.0.pop();
            changed.push(element?);
        }
        Ok(changed)
    };
    let rebuilt = match value {
        Dynamic::List(elements) => Dynamic::List(sequence(elements, path)?),
        Dynamic::Tuple(elements) => Dynamic::Tuple(sequence(elements, path)?),
        Dynamic::Set(elements) => {
            let elements = elements.into_iter().map(|e| transform(e, path, f));
            Dynamic::set_of(elements.collect::<Result<_, E>>()?)
        }
        Dynamic::Map(entries) => Dynamic::Map(transform_entries(entries, Step::Key, path, f)?),
        Dynamic::Object(entries) => {
            Dynamic::Object(transform_entries(entries, Step::Attribute, path, f)?)
        }
        Dynamic::Typed(mut typed) => {
            typed.1 = transform(typed.1, path, f)?;
            Dynamic::Typed(typed)
        }
        leaf => leaf,
    };
    f(path, rebuilt)
}

fn transform_entries<E>(
    entries: BTreeMap<String, Dynamic>,
    step: fn(String) -> Step,
    path: &mut Path,
    f: &mut dyn FnMut(&Path, Dynamic) -> Result<Dynamic, E>,
) -> Result<BTreeMap<String, Dynamic>, E> {
    entries
        .into_iter()
        .map(|(key, value)| {
            path.0.push(step(key.clone()));
            let value = transform(value, path, f);
            path.0.pop();
            Ok((key, value?))
        })
        .collect()
}

fn visit(value: &Dynamic, path: &mut Path, f: &mut dyn FnMut(&Path, &Dynamic) -> bool) {
    if !f(path, value) {
        return;
    }
    let mut into = |path: &mut Path, step: Step, part: &Dynamic| {
        path.0.push(step);
        visit(part, path, f);
        path.0.pop();
    };
    match value {
        Dynamic::List(elements) | Dynamic::Tuple(elements) => {
            for (index, element) in (0..).zip(elements) {
                into(path, Step::Index(index), element);
            }
        }
        Dynamic::Map(entries) => {
            for (key, element) in entries {
                into(path, Step::Key(key.clone()), element);
            }
        }
        Dynamic::Object(attributes) => {
            for (name, element) in attributes {
                into(path, Step::Attribute(name.clone()), element);
            }
        }
        Dynamic::Set(elements) => {
            for element in elements {
                visit(element, path, f);
            }
        }
        Dynamic::Typed(typed) => visit(&typed.1, path, f),
        Dynamic::Null
        | Dynamic::Unknown(_)
        | Dynamic::Bool(_)
        | Dynamic::Number(_)
        | Dynamic::String(_) => {}
    }
}

fn all_to_null(elements: Vec<Dynamic>) -> Vec<Dynamic> {
    elements
        .into_iter()
        .map(Dynamic::unknowns_to_null)
        .collect()
}

fn values_to_null(mut entries: BTreeMap<String, Dynamic>) -> BTreeMap<String, Dynamic> {
    for value in entries.values_mut() {
        *value = std::mem::take(value).unknowns_to_null();
    }
    entries
}

/// That a tuple has the wrong number of elements.
pub(super) fn wrong_length(found: usize, wanted: usize) -> ValueError {
    ValueError::new(format!("{wanted} elements are required, not {found}"))
}

/// Checks that an object has exactly the attributes of its type, so that both can be walked side
/// by side.
pub(super) fn same_attributes(
    attributes: &BTreeMap<String, Dynamic>,
    types: &BTreeMap<String, Type>,
) -> Result<(), ValueError> {
    if attributes.len() == types.len() && attributes.keys().eq(types.keys()) {
        return Ok(());
    }
    let missing = types.keys().find(|name| !attributes.contains_key(*name));
    let unexpected = attributes.keys().find(|name| !types.contains_key(*name));
    Err(match (unexpected, missing) {
        (Some(name), _) => unexpected_attribute(name),
        (None, Some(name)) => missing_attribute(name),
        // Not possible of two ordered maps, but no reason to give up.
        (None, None) => ValueError::new("the attributes differ from those of the type"),
    })
}

/// That an object has an attribute that its type lacks.
pub(super) fn unexpected_attribute(name: &str) -> ValueError {
    ValueError::new(format!("there is no attribute named {name:?}"))
}

/// That an object lacks an attribute of its type.
pub(super) fn missing_attribute(name: &str) -> ValueError {
    ValueError::new(format!("attribute {name:?} is missing"))
}

impl From<bool> for Dynamic {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Dynamic {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<Number> for Dynamic {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Dynamic {
    fn from(value: &str) -> Self {
        Self::string(value)
    }
}

impl From<String> for Dynamic {
    fn from(value: String) -> Self {
        Self::string(value)
    }
}
