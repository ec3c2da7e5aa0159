//! Where in a configuration or state something is.

/// Steps from the root of an object to one of its parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Path(pub Vec<Step>);

/// One step of a [`Path`]. Sets cannot be indexed: a path ends at the set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// An attribute or block by name.
    Attribute(String),
    /// An element of a map.
    Key(String),
    /// An element of a list, from 0.
    Index(i64),
}

impl Path {
    /// The path of a top-level attribute or block.
    #[must_use]
    pub fn attribute(name: &str) -> Self {
        Self(vec![Step::Attribute(name.to_owned())])
    }

    /// This path, one step longer.
    #[must_use]
    pub fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}
