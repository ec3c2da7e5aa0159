//! The system policies that are there from the beginning.
//!
//! RAM offers hundreds; these are the ones that roles of media services, their operators and the tests
//! of access need. Where the content of a policy is not published, the description says that it is
//! inferred: nobody should build on it.

use rusqlite::Connection;

/// Raised with every change of [`POLICIES`], so that older files get the new ones.
pub(crate) const EDITION: i64 = 1;

struct SystemPolicy {
    name: &'static str,
    version: i64,
    description: &'static str,
    document: &'static str,
    /// Seconds since the epoch.
    created: i64,
    /// Seconds since the epoch.
    updated: i64,
}

/// Dates that are not published.
const UNKNOWN_DATE: i64 = 1_430_179_200; // 2015-04-28

const POLICIES: &[SystemPolicy] = &[
    SystemPolicy {
        name: "AdministratorAccess",
        version: 1,
        description: "Full access to everything; content inferred [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        created: UNKNOWN_DATE,
        updated: UNKNOWN_DATE,
    },
    SystemPolicy {
        name: "AliyunIMMBatchTriggerRolePolicy",
        version: 1,
        description: "For the role of batches and triggers of Intelligent Media Management; content \
                      inferred [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"},{"Effect":"Allow","Action":["mns:PublishMessage","mns:SendMessage"],"Resource":"*"}]}"#,
        created: UNKNOWN_DATE,
        updated: UNKNOWN_DATE,
    },
    SystemPolicy {
        name: "AliyunIMMFullAccess",
        version: 3,
        description: "Full access to Intelligent Media Management [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"imm:*","Resource":"*"},{"Effect":"Allow","Action":"oss:ListBuckets","Resource":"*"},{"Effect":"Allow","Action":"ram:ListRoles","Resource":"*"},{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}]}"#,
        created: 1_519_689_600, // 2018-02-27
        updated: 1_527_033_600, // 2018-05-23
    },
    SystemPolicy {
        name: "AliyunIMMReadOnlyAccess",
        version: 1,
        description: "Read-only access to Intelligent Media Management [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["imm:Get*","imm:List*"],"Resource":"*"}]}"#,
        created: 1_519_689_600,
        updated: 1_519_689_600,
    },
    SystemPolicy {
        name: "AliyunIMMRolePolicy",
        version: 1,
        description: "For the default role of Intelligent Media Management; content inferred [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"},{"Effect":"Allow","Action":["mns:PublishMessage","mns:SendMessage"],"Resource":"*"}]}"#,
        created: UNKNOWN_DATE,
        updated: UNKNOWN_DATE,
    },
    SystemPolicy {
        name: "AliyunMNSFullAccess",
        version: 1,
        description: "Full access to Message Service; content inferred [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"mns:*","Resource":"*"}]}"#,
        created: UNKNOWN_DATE,
        updated: UNKNOWN_DATE,
    },
    SystemPolicy {
        name: "AliyunMNSReadOnlyAccess",
        version: 2,
        description: "Read-only access to Message Service [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Action":["mns:Get*","mns:Query*","mns:Desc*","mns:List*"],"Resource":"*","Effect":"Allow"}]}"#,
        created: 1_452_470_400, // 2016-01-11
        updated: 1_493_251_200, // 2017-04-27
    },
    SystemPolicy {
        name: "AliyunMetaQueryDefaultRolePolicy",
        version: 2,
        description: "For the metadata query role of Object Storage Service [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*","oss:List*"],"Resource":"*"},{"Effect":"Allow","Action":["mns:PublishMessage","mns:SendMessage"],"Resource":"*"}]}"#,
        created: UNKNOWN_DATE,
        updated: UNKNOWN_DATE,
    },
    SystemPolicy {
        name: "AliyunOSSFullAccess",
        version: 1,
        description: "Full access to Object Storage Service; content inferred [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}"#,
        created: UNKNOWN_DATE,
        updated: UNKNOWN_DATE,
    },
    SystemPolicy {
        name: "AliyunOSSReadOnlyAccess",
        version: 1,
        description: "Read-only access to Object Storage Service [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:Get*","oss:List*"],"Resource":"*"}]}"#,
        created: 1_430_179_200,
        updated: 1_502_928_000, // 2017-08-17
    },
    SystemPolicy {
        name: "AliyunOTSFullAccess",
        version: 1,
        description: "Full access to Tablestore [sandbox]",
        document: r#"{"Statement":[{"Effect":"Allow","Action":"ots:*","Resource":"*"}],"Version":"1"}"#,
        created: UNKNOWN_DATE,
        updated: UNKNOWN_DATE,
    },
    SystemPolicy {
        name: "AliyunRAMFullAccess",
        version: 1,
        description: "Full access to Resource Access Management; content inferred [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:*","Resource":"*"}]}"#,
        created: UNKNOWN_DATE,
        updated: UNKNOWN_DATE,
    },
    SystemPolicy {
        name: "AliyunRAMReadOnlyAccess",
        version: 3,
        description: "Read-only access to Resource Access Management [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ram:Get*","ram:List*","ram:GenerateCredentialReport"],"Resource":"*"},{"Effect":"Allow","Action":["accessanalyzer:Get*","accessanalyzer:List*"],"Resource":"*"}]}"#,
        created: 1_430_179_200,
        updated: 1_764_720_000, // 2025-12-03
    },
    SystemPolicy {
        name: "AliyunSTSAssumeRoleAccess",
        version: 1,
        description: "Permission to assume roles [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Resource":"*"}]}"#,
        created: 1_438_560_000, // 2015-08-03
        updated: 1_493_251_200,
    },
    SystemPolicy {
        name: "PowerUserAccess",
        version: 2,
        description: "Everything but identities, resource management and billing; content partly \
                      inferred [sandbox]",
        document: r#"{"Version":"1","Statement":[{"Effect":"Allow","NotAction":["ram:*","ims:*","resourcemanager:*","resourcesharing:*","cloudsso:*","bss:*"],"Resource":"*"}]}"#,
        created: UNKNOWN_DATE,
        updated: 1_735_689_600, // 2025
    },
];

/// Puts the policies in, or brings them up to date; attachments to them stay.
pub(crate) fn seed(db: &Connection) -> rusqlite::Result<()> {
    let mut put = db.prepare(
        "INSERT INTO policies (kind, name, description, default_version, next_version, created, \
         updated, visible) VALUES ('System', ?1, ?2, ?3, ?3 + 1, ?4, ?5, 0) \
         ON CONFLICT (kind, name) DO UPDATE SET description = excluded.description, \
         default_version = excluded.default_version, next_version = excluded.next_version, \
         updated = excluded.updated \
         RETURNING id",
    )?;
    for policy in POLICIES {
        let created = policy.created * super::clock::SECOND;
        let updated = policy.updated * super::clock::SECOND;
        let id: i64 = put.query_row(
            (
                policy.name,
                policy.description,
                policy.version,
                created,
                updated,
            ),
            |row| row.get(0),
        )?;
        db.execute("DELETE FROM policy_versions WHERE policy_id = ?1", [id])?;
        db.execute(
            "INSERT INTO policy_versions (policy_id, number, document, created) VALUES (?1, ?2, ?3, ?4)",
            (id, policy.version, policy.document, updated),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_one_and_names_are_sorted() {
        for policy in POLICIES {
            crate::sandbox::documents::permission(policy.document)
                .unwrap_or_else(|error| panic!("{}: {error:?}", policy.name));
            assert!(policy.description.ends_with("[sandbox]"), "{}", policy.name);
        }
        assert!(POLICIES.is_sorted_by_key(|policy| policy.name));
    }
}
