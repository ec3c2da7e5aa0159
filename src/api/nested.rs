//! The two-level arrays of RAM: `"Roles": {"Role": […]}`.
//!
//! Each module here is for `#[serde(with = "…")]` on a field whose value is a `Vec` or an
//! `Option<Vec>`. A missing inner array reads as empty.

macro_rules! nested {
    ($($module:ident = $name:literal;)+) => {$(
        pub(super) mod $module {
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            #[derive(Deserialize)]
            struct Read<T: Default> {
                #[serde(rename = $name, default)]
                items: T,
            }

            #[derive(Serialize)]
            struct Write<'a, T> {
                #[serde(rename = $name)]
                items: &'a T,
            }

            pub(in crate::api) fn serialize<T: Serialize, S: Serializer>(
                items: &T,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                Write { items }.serialize(serializer)
            }

            pub(in crate::api) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
            where
                T: Default + Deserialize<'de>,
                D: Deserializer<'de>,
            {
                Read::deserialize(deserializer).map(|read: Read<T>| read.items)
            }
        }
    )+};
}

nested! {
    access_key = "AccessKey";
    group = "Group";
    policy = "Policy";
    policy_version = "PolicyVersion";
    role = "Role";
    tag = "Tag";
    user = "User";
}
