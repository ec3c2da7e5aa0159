//! The services over an in-memory connection, with a provider that can be slow and broken.

use std::time::{Duration, Instant};

use terraform_provider_imm::host::Host;
use terraform_provider_imm::plugin::author::{
    AnyDataSource, AnyResource, Call, Outcome, Provider, Resource,
};
use terraform_provider_imm::plugin::proto::go_plugin::Empty;
use terraform_provider_imm::plugin::proto::go_plugin::grpc_controller_client::GrpcControllerClient;
use terraform_provider_imm::plugin::proto::tfplugin6 as tf;
use terraform_provider_imm::plugin::proto::tfplugin6::provider_client::ProviderClient;
use terraform_provider_imm::plugin::schema::Schema;
use terraform_provider_imm::plugin::server::{Shutdown, StartError, serve_connections};
use terraform_provider_imm::plugin::value::{Dynamic, Encoded, Type, Value};
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::client;

/// A provider of one resource that does what its `behavior` says.
struct Probe;

#[derive(Debug, Clone, PartialEq, Default)]
struct Nothing;

impl Provider for Probe {
    type Config = Nothing;
    type Client = ();
    const NAME: &'static str = "probe";
    const ADDRESS: &'static str = "example.com/tests/probe";

    fn schema() -> Schema<Nothing> {
        Schema::new("Configures nothing.")
    }

    async fn configure(&self, _: Nothing, _: &str) -> Outcome<Option<()>> {
        Ok(Some(()))
    }

    fn resources(&self) -> &'static [&'static dyn AnyResource<()>] {
        &[&Thing]
    }

    fn data_sources(&self) -> &'static [&'static dyn AnyDataSource<()>] {
        &[]
    }
}

struct Thing;

#[derive(Debug, Clone, PartialEq, Default)]
struct ThingModel {
    behavior: Value<String>,
    id: Value<String>,
    payload: Value<String>,
}

impl Resource for Thing {
    type Client = ();
    type Model = ThingModel;
    const NAME: &'static str = "probe_thing";

    fn schema() -> Schema<ThingModel> {
        Schema::<ThingModel>::new("A thing.")
            .attr(
                "behavior",
                "What happens.",
                |m| &mut m.behavior,
                |a| a.required(),
            )
            .attr(
                "id",
                "Its name.",
                |m| &mut m.id,
                |a| a.computed().keep_prior(),
            )
            .attr("payload", "Any text.", |m| &mut m.payload, |a| a.optional())
    }

    async fn create(
        &self,
        _: &Call<'_, (), ThingModel>,
        mut plan: ThingModel,
    ) -> Outcome<ThingModel> {
        match plan.behavior.known().map(String::as_str) {
            Some("panic") => panic!("as it was told"),
            Some("wait") => tokio::time::sleep(Duration::from_millis(300)).await,
            Some("hang") => tokio::time::sleep(Duration::from_secs(3600)).await,
            _ => {}
        }
        plan.id = Value::Known("a-thing".to_owned());
        Ok(plan)
    }

    async fn read(
        &self,
        _: &Call<'_, (), ThingModel>,
        state: ThingModel,
    ) -> Outcome<Option<ThingModel>> {
        match state.behavior.known().map(String::as_str) {
            Some("panic") => panic!("as it was told"),
            Some("hang") => tokio::time::sleep(Duration::from_secs(3600)).await,
            _ => {}
        }
        Ok(Some(state))
    }

    async fn update(
        &self,
        _: &Call<'_, (), ThingModel>,
        _: ThingModel,
        plan: ThingModel,
    ) -> Outcome<ThingModel> {
        Ok(plan)
    }

    async fn delete(&self, _: &Call<'_, (), ThingModel>, _: ThingModel) -> Outcome<()> {
        Ok(())
    }

    fn import(&self, id: &str) -> Outcome<ThingModel> {
        Ok(ThingModel {
            id: Value::Known(id.to_owned()),
            ..ThingModel::default()
        })
    }
}

/// The services of [`Probe`] on one connection.
struct Served {
    client: ProviderClient<Channel>,
    channel: Channel,
    shutdown: Shutdown,
    end: JoinHandle<Result<(), StartError>>,
}

async fn serve() -> Served {
    let (near, far) = tokio::io::duplex(1 << 20);
    let shutdown = Shutdown::new();
    let requested = shutdown.clone();
    let end = tokio::spawn(async move {
        let incoming = tokio_stream::once(Ok(far)).chain(tokio_stream::pending());
        serve_connections(Probe, &Host::system(), &requested, incoming).await
    });
    let channel = client::channel(near).await;
    let mut client = client::provider(channel.clone());
    let configured = client
        .configure_provider(tf::configure_provider::Request {
            config: Some(object([])),
            ..Default::default()
        })
        .await
        .unwrap();
    assert_eq!(configured.into_inner().diagnostics, []);
    Served {
        client,
        channel,
        shutdown,
        end,
    }
}

fn encode(value: &Dynamic, ty: &Type) -> tf::DynamicValue {
    let Encoded { msgpack, json } = Encoded::from_dynamic(value, ty).unwrap();
    tf::DynamicValue { msgpack, json }
}

/// An object with these attributes.
fn object<const N: usize>(attributes: [(&str, Dynamic); N]) -> tf::DynamicValue {
    let ty = Type::object(attributes.each_ref().map(|(name, _)| (*name, Type::String)));
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
    encode(&Dynamic::Object(attributes.into()), &ty)
}

fn thing(behavior: &str, id: Dynamic, payload: Dynamic) -> Option<tf::DynamicValue> {
    Some(object([
        ("behavior", Dynamic::String(behavior.to_owned())),
        ("id", id),
        ("payload", payload),
    ]))
}

fn null() -> Option<tf::DynamicValue> {
    Some(encode(&Dynamic::Null, &Type::String))
}

/// The request to create a thing that behaves so.
fn creation(behavior: &str) -> tf::apply_resource_change::Request {
    tf::apply_resource_change::Request {
        type_name: "probe_thing".to_owned(),
        prior_state: null(),
        planned_state: thing(behavior, Dynamic::Unknown(None), Dynamic::Null),
        config: thing(behavior, Dynamic::Null, Dynamic::Null),
        ..Default::default()
    }
}

/// The request to read a thing that behaves so.
fn reading(behavior: &str) -> tf::read_resource::Request {
    let id = Dynamic::String("a-thing".to_owned());
    tf::read_resource::Request {
        type_name: "probe_thing".to_owned(),
        current_state: thing(behavior, id, Dynamic::Null),
        ..Default::default()
    }
}

fn errors(diagnostics: &[tf::Diagnostic]) -> Vec<&str> {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity() == tf::diagnostic::Severity::Error)
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

#[tokio::test]
async fn a_thing_is_created() {
    let mut served = serve().await;
    let response = served.client.apply_resource_change(creation("")).await;
    let response = response.unwrap().into_inner();
    assert_eq!(response.diagnostics, []);
    let created = thing("", Dynamic::String("a-thing".to_owned()), Dynamic::Null);
    assert_eq!(response.new_state, created);
}

#[tokio::test]
async fn a_panic_costs_one_call() {
    let mut served = serve().await;
    let response = served.client.apply_resource_change(creation("panic")).await;
    let response = response.unwrap().into_inner();
    assert_eq!(errors(&response.diagnostics).len(), 1);
    assert!(!response.diagnostics[0].detail.contains("as it was told"));

    let state = thing(
        "panic",
        Dynamic::String("a-thing".to_owned()),
        Dynamic::Null,
    );
    let response = served
        .client
        .read_resource(tf::read_resource::Request {
            type_name: "probe_thing".to_owned(),
            current_state: state,
            ..Default::default()
        })
        .await;
    let response = response.unwrap().into_inner();
    assert_eq!(errors(&response.diagnostics).len(), 1);

    let response = served.client.apply_resource_change(creation("")).await;
    assert_eq!(response.unwrap().into_inner().diagnostics, []);
}

#[tokio::test]
async fn calls_run_at_the_same_time() {
    let served = serve().await;
    let begin = Instant::now();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let mut client = served.client.clone();
            tokio::spawn(async move { client.apply_resource_change(creation("wait")).await })
        })
        .collect();
    for call in calls {
        let response = call.await.unwrap().unwrap().into_inner();
        assert_eq!(response.diagnostics, []);
    }
    // One after the other they would take six seconds.
    assert!(begin.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_stop_ends_what_is_in_flight_and_nothing_else() {
    let served = serve().await;
    let mut client = served.client.clone();
    let call = tokio::spawn(async move { client.read_resource(reading("hang")).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut client = served.client.clone();
    let stopped = client.stop_provider(tf::stop_provider::Request {}).await;
    assert_eq!(stopped.unwrap().into_inner().error, "");
    let response = tokio::time::timeout(Duration::from_secs(10), call).await;
    let response = response.unwrap().unwrap().unwrap().into_inner();
    assert_eq!(errors(&response.diagnostics).len(), 1);

    client
        .get_provider_schema(tf::get_provider_schema::Request {})
        .await
        .unwrap();
}

#[tokio::test]
async fn a_shutdown_waits_for_nobody() {
    let served = serve().await;
    let mut client = served.client.clone();
    let call = tokio::spawn(async move { client.apply_resource_change(creation("hang")).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begin = Instant::now();
    // The answer may be cut off by the end itself.
    let _ = GrpcControllerClient::new(served.channel)
        .shutdown(Empty {})
        .await;
    let end = tokio::time::timeout(Duration::from_secs(10), served.end).await;
    assert_eq!(end.unwrap().unwrap(), Ok(()));
    assert!(begin.elapsed() < Duration::from_secs(1));
    // In a process of its own the call would have ended with it.
    call.abort();
}

#[tokio::test]
async fn a_termination_waits_for_what_is_in_flight() {
    let served = serve().await;
    let mut client = served.client.clone();
    let call = tokio::spawn(async move { client.apply_resource_change(creation("wait")).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    served.shutdown.terminate();
    let response = call.await.unwrap().unwrap().into_inner();
    assert_eq!(response.diagnostics, []);
    let created = thing("wait", Dynamic::String("a-thing".to_owned()), Dynamic::Null);
    assert_eq!(response.new_state, created);
    let end = tokio::time::timeout(Duration::from_secs(1), served.end).await;
    assert_eq!(end.unwrap().unwrap(), Ok(()));
}

#[tokio::test]
async fn a_hundred_megabytes_come_and_go() {
    let mut served = serve().await;
    let payload = Dynamic::String("x".repeat(100 << 20));
    let config = thing("", Dynamic::Null, payload.clone());
    let response = served
        .client
        .plan_resource_change(tf::plan_resource_change::Request {
            type_name: "probe_thing".to_owned(),
            prior_state: null(),
            proposed_new_state: config.clone(),
            config,
            ..Default::default()
        })
        .await;
    let response = response.unwrap().into_inner();
    assert_eq!(response.diagnostics, []);
    assert!(response.planned_state.unwrap().msgpack.len() > 100 << 20);
}

#[tokio::test]
async fn schemas_of_two_runs_are_the_same_bytes() {
    use prost::Message;
    let mut bytes = Vec::new();
    for _ in 0..2 {
        let mut served = serve().await;
        let schema = served
            .client
            .get_provider_schema(tf::get_provider_schema::Request {})
            .await
            .unwrap()
            .into_inner();
        assert_eq!(schema.diagnostics, []);
        assert!(schema.resource_schemas.contains_key("probe_thing"));
        bytes.push(schema.encode_to_vec());
    }
    assert_eq!(bytes[0], bytes[1]);
}

/// Asserts that each of these calls has no method.
macro_rules! unimplemented_calls {
    ($client:expr, $($method:ident($request:expr)),* $(,)?) => {{
        let mut count = 0;
        $(
            let status: Status = $client.$method($request).await.map(|_| ()).unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented, stringify!($method));
            count += 1;
        )*
        count
    }};
}

/// Asserts that each of these calls is answered.
macro_rules! implemented_calls {
    ($client:expr, $($method:ident($module:ident)),* $(,)?) => {{
        let mut count = 0;
        $(
            let response = $client.$method(tf::$module::Request::default()).await;
            assert!(response.is_ok(), "{}: {response:?}", stringify!($method));
            count += 1;
        )*
        count
    }};
}

#[tokio::test]
async fn each_call_is_answered_or_has_no_method() {
    let mut client = serve().await.client;
    let answered = implemented_calls!(
        client,
        get_metadata(get_metadata),
        get_provider_schema(get_provider_schema),
        get_resource_identity_schemas(get_resource_identity_schemas),
        get_functions(get_functions),
        validate_provider_config(validate_provider_config),
        validate_resource_config(validate_resource_config),
        validate_data_resource_config(validate_data_resource_config),
        upgrade_resource_state(upgrade_resource_state),
        upgrade_resource_identity(upgrade_resource_identity),
        configure_provider(configure_provider),
        read_resource(read_resource),
        plan_resource_change(plan_resource_change),
        apply_resource_change(apply_resource_change),
        import_resource_state(import_resource_state),
        read_data_source(read_data_source),
        stop_provider(stop_provider),
    );
    let lacking = unimplemented_calls!(
        client,
        move_resource_state(tf::move_resource_state::Request::default()),
        generate_resource_config(tf::generate_resource_config::Request::default()),
        validate_ephemeral_resource_config(
            tf::validate_ephemeral_resource_config::Request::default()
        ),
        open_ephemeral_resource(tf::open_ephemeral_resource::Request::default()),
        renew_ephemeral_resource(tf::renew_ephemeral_resource::Request::default()),
        close_ephemeral_resource(tf::close_ephemeral_resource::Request::default()),
        list_resource(tf::list_resource::Request::default()),
        validate_list_resource_config(tf::validate_list_resource_config::Request::default()),
        call_function(tf::call_function::Request::default()),
        validate_state_store_config(tf::validate_state_store::Request::default()),
        configure_state_store(tf::configure_state_store::Request::default()),
        read_state_bytes(tf::read_state_bytes::Request::default()),
        write_state_bytes(tokio_stream::empty()),
        lock_state(tf::lock_state::Request::default()),
        unlock_state(tf::unlock_state::Request::default()),
        get_states(tf::get_states::Request::default()),
        delete_state(tf::delete_state::Request::default()),
        plan_action(tf::plan_action::Request::default()),
        invoke_action(tf::invoke_action::Request::default()),
        validate_action_config(tf::validate_action_config::Request::default()),
    );
    assert_eq!(answered + lacking, 36);
}

#[tokio::test]
async fn names_are_listed_without_schemas() {
    let mut client = serve().await.client;
    let metadata = client.get_metadata(tf::get_metadata::Request {}).await;
    let metadata = metadata.unwrap().into_inner();
    assert_eq!(metadata.resources.len(), 1);
    assert_eq!(metadata.resources[0].type_name, "probe_thing");
    assert_eq!(metadata.data_sources, []);
}
