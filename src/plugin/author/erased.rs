//! The erased twins: the engine sees values, the author sees models.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{Call, CallState, DataSource, Outcome, Plan, Query, Resource, Upgrade};
use crate::plugin::diagnostics::{Diagnostic, Diagnostics};
use crate::plugin::schema::{Identity, IdentityData, Model, Schema, SchemaData};
use crate::plugin::value::{Dynamic, Type, ValueError};

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The erased twin of [`Resource`]. Implemented for every resource; not for authors.
pub trait AnyResource<C>: Send + Sync {
    /// The whole type name.
    fn name(&self) -> &'static str;
    /// The resource with its schema and bindings built; the engine does so once.
    fn bind(&'static self) -> Box<dyn BoundResource<C>>;
    /// The schema as data, built anew.
    fn schema_data(&self) -> SchemaData;
    /// The identity schema as data, where there is one.
    fn identity_data(&self) -> Option<IdentityData>;
}

/// The erased twin of [`DataSource`]. Implemented for every data source; not for authors.
pub trait AnyDataSource<C>: Send + Sync {
    /// The whole type name.
    fn name(&self) -> &'static str;
    /// The data source with its schema and bindings built; the engine does so once.
    fn bind(&'static self) -> Box<dyn BoundDataSource<C>>;
    /// The schema as data, built anew.
    fn schema_data(&self) -> SchemaData;
}

/// A resource with its schema built, on values of the implied type.
pub trait BoundResource<C>: Send + Sync {
    /// The schema.
    fn data(&self) -> &Arc<SchemaData>;
    /// The type of its values.
    fn ty(&self) -> &Type;
    /// The identity schema, where there is one.
    fn identity(&self) -> Option<&IdentityData>;
    /// The author's samples.
    fn samples(&self) -> Vec<Dynamic>;
    /// A value, read into the model and written back.
    ///
    /// # Errors
    /// When the value does not fit the model.
    fn rebind(&self, value: Dynamic) -> Result<Dynamic, ValueError>;
    /// The author's own checks of a configuration.
    ///
    /// # Errors
    /// When the value does not fit the model.
    fn validate(&self, config: Dynamic) -> Result<Diagnostics, ValueError>;
    /// The author's look at a whole change.
    fn plan<'a>(
        &'a self,
        client: Option<&'a C>,
        plan: Plan<Dynamic>,
    ) -> BoxFuture<'a, Result<Plan<Dynamic>, ValueError>>;
    /// Makes the object.
    fn create<'a>(
        &'a self,
        client: &'a C,
        state: &'a CallState,
        config: Dynamic,
        plan: Dynamic,
    ) -> BoxFuture<'a, Outcome<Dynamic>>;
    /// Reads the object.
    fn read<'a>(
        &'a self,
        client: &'a C,
        state: &'a CallState,
        current: Dynamic,
    ) -> BoxFuture<'a, Outcome<Option<Dynamic>>>;
    /// Changes the object.
    fn update<'a>(
        &'a self,
        client: &'a C,
        state: &'a CallState,
        config: Dynamic,
        prior: Dynamic,
        plan: Dynamic,
    ) -> BoxFuture<'a, Outcome<Dynamic>>;
    /// Removes the object.
    fn delete<'a>(
        &'a self,
        client: &'a C,
        state: &'a CallState,
        prior: Dynamic,
    ) -> BoxFuture<'a, Outcome<()>>;
    /// The least state for an import id.
    ///
    /// # Errors
    /// As the author says.
    fn import(&self, id: &str) -> Outcome<Dynamic>;
    /// The least state for an identity.
    ///
    /// # Errors
    /// When the identity does not fit, or the resource has none.
    fn import_identity(&self, identity: Dynamic) -> Result<Dynamic, ValueError>;
    /// The identity of the object with this state; `None` where the resource has none.
    ///
    /// # Errors
    /// When the state does not fit the model.
    fn identity_of(&self, state: Dynamic) -> Result<Option<Dynamic>, ValueError>;
    /// The type of states of an older version, where an upgrade from it exists.
    fn upgrade_type(&self, from: i64) -> Option<&Type>;
    /// Older versions that can be upgraded.
    fn upgrade_versions(&self) -> Vec<i64>;
    /// Upgrades a state of an older version.
    ///
    /// # Errors
    /// When there is no such upgrade, or the state does not fit it.
    fn upgrade(&self, from: i64, state: Dynamic) -> Result<Outcome<Dynamic>, ValueError>;
}

/// A data source with its schema built, on values of the implied type.
pub trait BoundDataSource<C>: Send + Sync {
    /// The schema.
    fn data(&self) -> &Arc<SchemaData>;
    /// The type of its values.
    fn ty(&self) -> &Type;
    /// The author's samples.
    fn samples(&self) -> Vec<Dynamic>;
    /// A value, read into the model and written back.
    ///
    /// # Errors
    /// When the value does not fit the model.
    fn rebind(&self, value: Dynamic) -> Result<Dynamic, ValueError>;
    /// The author's own checks of a configuration.
    ///
    /// # Errors
    /// When the value does not fit the model.
    fn validate(&self, config: Dynamic) -> Result<Diagnostics, ValueError>;
    /// Reads.
    fn read<'a>(
        &'a self,
        client: Option<&'a C>,
        state: &'a CallState,
        config: Dynamic,
    ) -> BoxFuture<'a, Outcome<Dynamic>>;
}

impl<R: Resource> AnyResource<R::Client> for R {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn bind(&'static self) -> Box<dyn BoundResource<R::Client>> {
        let schema = R::schema();
        Box::new(Bound {
            author: self,
            ty: schema.data().implied_type(),
            data: Arc::new(schema.data().clone()),
            schema,
            identity: R::identity(),
            upgrades: R::upgrades(),
        })
    }

    fn schema_data(&self) -> SchemaData {
        R::schema().data().clone()
    }

    fn identity_data(&self) -> Option<IdentityData> {
        R::identity().map(|identity| identity.data().clone())
    }
}

impl<D: DataSource> AnyDataSource<D::Client> for D {
    fn name(&self) -> &'static str {
        D::NAME
    }

    fn bind(&'static self) -> Box<dyn BoundDataSource<D::Client>> {
        let schema = D::schema();
        Box::new(Bound {
            author: self,
            ty: schema.data().implied_type(),
            data: Arc::new(schema.data().clone()),
            schema,
            identity: None,
            upgrades: Vec::new(),
        })
    }

    fn schema_data(&self) -> SchemaData {
        D::schema().data().clone()
    }
}

struct Bound<A: 'static, M> {
    author: &'static A,
    schema: Schema<M>,
    data: Arc<SchemaData>,
    ty: Type,
    identity: Option<Identity<M>>,
    upgrades: Vec<Upgrade<M>>,
}

impl<A, M: Model> Bound<A, M> {
    fn decode_optional(&self, value: Option<Dynamic>) -> Result<Option<M>, ValueError> {
        value.map(|value| self.schema.decode(value)).transpose()
    }

    /// A value that Terraform sent within an operation.
    fn decode(&self, value: Dynamic) -> Outcome<M> {
        self.schema
            .decode(value)
            .map_err(|error| misfit(&error).into())
    }
}

/// The title of [`misfit`].
pub(in crate::plugin) const MISFIT: &str = "Value Does Not Fit Its Type";

/// The message for a value of Terraform's that does not fit a model.
pub(in crate::plugin) fn misfit(error: &ValueError) -> Diagnostic {
    Diagnostic::error(
        MISFIT,
        format!("The value cannot be used here: {}.", error.message),
    )
    .at(error.path.clone())
}

impl<R: Resource> BoundResource<R::Client> for Bound<R, R::Model> {
    fn data(&self) -> &Arc<SchemaData> {
        &self.data
    }

    fn ty(&self) -> &Type {
        &self.ty
    }

    fn identity(&self) -> Option<&IdentityData> {
        self.identity.as_ref().map(Identity::data)
    }

    fn samples(&self) -> Vec<Dynamic> {
        let encode = |model| self.schema.encode(model);
        R::samples().into_iter().map(encode).collect()
    }

    fn rebind(&self, value: Dynamic) -> Result<Dynamic, ValueError> {
        Ok(self.schema.encode(self.schema.decode(value)?))
    }

    fn validate(&self, config: Dynamic) -> Result<Diagnostics, ValueError> {
        Ok(self.author.validate(&self.schema.decode(config)?))
    }

    fn plan<'a>(
        &'a self,
        client: Option<&'a R::Client>,
        plan: Plan<Dynamic>,
    ) -> BoxFuture<'a, Result<Plan<Dynamic>, ValueError>> {
        Box::pin(async move {
            let token = plan.cancellation().clone();
            let mut typed = Plan::new(
                self.decode_optional(plan.prior)?,
                self.decode_optional(plan.config)?,
                self.decode_optional(plan.planned)?,
            )
            .within(plan.private, token.clone());
            typed.replaces = plan.replaces;
            typed.diagnostics = plan.diagnostics;
            self.author.plan(client, &mut typed).await;
            let encode = |model| self.schema.encode(model);
            let mut erased = Plan::new(
                typed.prior.map(encode),
                typed.config.map(encode),
                typed.planned.map(encode),
            )
            .within(typed.private, token);
            erased.replaces = typed.replaces;
            erased.diagnostics = typed.diagnostics;
            Ok(erased)
        })
    }

    fn create<'a>(
        &'a self,
        client: &'a R::Client,
        state: &'a CallState,
        config: Dynamic,
        plan: Dynamic,
    ) -> BoxFuture<'a, Outcome<Dynamic>> {
        Box::pin(async move {
            let config = self.decode(config)?;
            let plan = self.decode(plan)?;
            let call = Call::new(client, &self.schema, Some(config), state);
            let made = self.author.create(&call, plan).await?;
            Ok(self.schema.encode(made))
        })
    }

    fn read<'a>(
        &'a self,
        client: &'a R::Client,
        state: &'a CallState,
        current: Dynamic,
    ) -> BoxFuture<'a, Outcome<Option<Dynamic>>> {
        Box::pin(async move {
            let current = self.decode(current)?;
            let call = Call::new(client, &self.schema, None, state);
            let found = self.author.read(&call, current).await?;
            Ok(found.map(|model| self.schema.encode(model)))
        })
    }

    fn update<'a>(
        &'a self,
        client: &'a R::Client,
        state: &'a CallState,
        config: Dynamic,
        prior: Dynamic,
        plan: Dynamic,
    ) -> BoxFuture<'a, Outcome<Dynamic>> {
        Box::pin(async move {
            let config = self.decode(config)?;
            let prior = self.decode(prior)?;
            let plan = self.decode(plan)?;
            let call = Call::new(client, &self.schema, Some(config), state);
            let changed = self.author.update(&call, prior, plan).await?;
            Ok(self.schema.encode(changed))
        })
    }

    fn delete<'a>(
        &'a self,
        client: &'a R::Client,
        state: &'a CallState,
        prior: Dynamic,
    ) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let prior = self.decode(prior)?;
            let call = Call::new(client, &self.schema, None, state);
            self.author.delete(&call, prior).await
        })
    }

    fn import(&self, id: &str) -> Outcome<Dynamic> {
        self.author
            .import(id)
            .map(|model| self.schema.encode(model))
    }

    fn import_identity(&self, identity: Dynamic) -> Result<Dynamic, ValueError> {
        match &self.identity {
            Some(schema) => Ok(self.schema.encode(schema.stub(identity)?)),
            None => Err(ValueError::new("this resource has no identity".to_owned())),
        }
    }

    fn identity_of(&self, state: Dynamic) -> Result<Option<Dynamic>, ValueError> {
        match &self.identity {
            Some(schema) => Ok(Some(schema.of(self.schema.decode(state)?))),
            None => Ok(None),
        }
    }

    fn upgrade_type(&self, from: i64) -> Option<&Type> {
        self.upgrades.iter().find(|u| u.from == from).map(|u| &u.ty)
    }

    fn upgrade_versions(&self) -> Vec<i64> {
        self.upgrades.iter().map(|u| u.from).collect()
    }

    fn upgrade(&self, from: i64, state: Dynamic) -> Result<Outcome<Dynamic>, ValueError> {
        match self.upgrades.iter().find(|u| u.from == from) {
            Some(upgrade) => {
                let outcome = (upgrade.convert)(state)?;
                Ok(outcome.map(|model| self.schema.encode(model)))
            }
            None => Err(ValueError::new(format!(
                "there is no upgrade from version {from}"
            ))),
        }
    }
}

impl<D: DataSource> BoundDataSource<D::Client> for Bound<D, D::Model> {
    fn data(&self) -> &Arc<SchemaData> {
        &self.data
    }

    fn ty(&self) -> &Type {
        &self.ty
    }

    fn samples(&self) -> Vec<Dynamic> {
        let encode = |model| self.schema.encode(model);
        D::samples().into_iter().map(encode).collect()
    }

    fn rebind(&self, value: Dynamic) -> Result<Dynamic, ValueError> {
        Ok(self.schema.encode(self.schema.decode(value)?))
    }

    fn validate(&self, config: Dynamic) -> Result<Diagnostics, ValueError> {
        Ok(self.author.validate(&self.schema.decode(config)?))
    }

    fn read<'a>(
        &'a self,
        client: Option<&'a D::Client>,
        state: &'a CallState,
        config: Dynamic,
    ) -> BoxFuture<'a, Outcome<Dynamic>> {
        Box::pin(async move {
            let config = self.decode(config)?;
            let query = Query::new(client, state);
            let found = self.author.read(&query, config).await?;
            Ok(self.schema.encode(found))
        })
    }
}
