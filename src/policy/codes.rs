//! The one table of finding codes: what each means, how grave it is, and an example of it.
//!
//! Everything that speaks of a code reads it here: the checks, `plan_checks`, the command line and
//! the reference page. This module is data; it may not know how a finding is found.

use std::fmt;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing has to change.
    Hint,
    /// Probably not what the author wants, or certain only with knowledge that is not at hand.
    Warning,
    /// Certain to fail or to give away what must not be given away.
    Error,
}

impl Severity {
    /// The word that the command line prints: `error`, `warning` or `hint`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a group of codes is about; the first digit of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Who may assume the role (`IMM1xx`).
    Trust,
    /// The policy language (`IMM2xx`).
    Grammar,
    /// Grants of `ram:PassRole` (`IMM3xx`).
    PassRole,
    /// A project and the role that it names (`IMM4xx`).
    Project,
    /// What the caller of the API may do (`IMM5xx`).
    Caller,
}

impl Family {
    /// Every family, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Trust,
        Self::Grammar,
        Self::PassRole,
        Self::Project,
        Self::Caller,
    ];

    /// The name by which settings refer to the family, such as `IMM3xx`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Trust => "IMM1xx",
            Self::Grammar => "IMM2xx",
            Self::PassRole => "IMM3xx",
            Self::Project => "IMM4xx",
            Self::Caller => "IMM5xx",
        }
    }

    /// A heading for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Trust => "Who may assume the role",
            Self::Grammar => "The policy language",
            Self::PassRole => "Grants of ram:PassRole",
            Self::Project => "A project and its role",
            Self::Caller => "What the caller may do",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A pair of texts: one that has the finding, one that is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// Permission policies; the tests lint both.
    Policy {
        /// Has the finding.
        bad: &'static str,
        /// The same, mended.
        good: &'static str,
    },
    /// Trust policies; the tests lint both.
    Trust {
        /// Has the finding.
        bad: &'static str,
        /// The same, mended.
        good: &'static str,
    },
    /// Terraform configuration or a situation around it, in words or HCL.
    Configuration {
        /// Has the finding.
        bad: &'static str,
        /// The same, mended.
        good: &'static str,
    },
}

/// One row of [`TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// Its name for settings and texts, such as `IMM101`.
    pub id: &'static str,
    /// How grave a finding of this code is, unless the finding itself says less.
    pub severity: Severity,
    /// A heading for people.
    pub title: &'static str,
    /// Why it matters, in one sentence.
    pub why: &'static str,
    /// A bad text and a mended one.
    pub example: Example,
}

macro_rules! codes {
    ($($name:ident = $id:literal, $severity:ident, $title:literal, $why:literal,
       $kind:ident { bad: $bad:literal, good: $good:literal };)+) => {
        /// A finding code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $id, "`: ", $title, ".")] $name,)+
        }

        /// Every code, in the order of their numbers.
        pub const TABLE: &[Entry] = &[
            $(Entry {
                code: Code::$name,
                id: $id,
                severity: Severity::$severity,
                title: $title,
                why: $why,
                example: Example::$kind { bad: $bad, good: $good },
            },)+
        ];

        impl Code {
            /// The code's name, such as `IMM101`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// How grave a finding of this code is, unless the finding itself says less.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// A heading for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// Why it matters, in one sentence.
            #[must_use]
            pub const fn why(self) -> &'static str {
                match self { $(Self::$name => $why,)+ }
            }

            /// A bad text and a mended one.
            #[must_use]
            pub const fn example(self) -> Example {
                match self { $(Self::$name => Example::$kind { bad: $bad, good: $good },)+ }
            }
        }
    };
}

codes! {
    ImmNotTrusted = "IMM101", Error,
        "IMM is not trusted",
        "IMM assumes the role to reach your data, and a role that does not trust imm.aliyuncs.com refuses it.",
        Trust {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["oss.aliyuncs.com"]}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#
        };
    WildcardPrincipal = "IMM102", Error,
        "wildcard principal",
        "Anybody who finds the role could assume it and do all that it may do.",
        Trust {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["*"]}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#
        };
    WrongTrustAction = "IMM103", Error,
        "the trusted action is not sts:AssumeRole",
        "A role is assumed with sts:AssumeRole, whoever assumes it; a statement about another action trusts nobody.",
        Trust {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#
        };
    DenyCancelsTrust = "IMM104", Error,
        "a Deny cancels the trust in IMM",
        "A Deny wins over every Allow, so IMM cannot assume the role although a statement trusts it.",
        Trust {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}},{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#
        };
    OthersTrusted = "IMM105", Warning,
        "others are trusted beside IMM",
        "Whoever else is trusted can use all that the role may do, IMM or not.",
        Trust {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com","ecs.aliyuncs.com"]}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#
        };
    TrustHasResource = "IMM106", Error,
        "a trust policy has a Resource",
        "The resource of a trust policy is the role itself; RAM's trust grammar has no Resource element.",
        Trust {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]},"Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#
        };
    ServicePrincipalCase = "IMM107", Error,
        "a service principal is not in lower case",
        "Service principals are compared letter by letter, and the services' own names are lower case.",
        Trust {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["IMM.aliyuncs.com"]}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#
        };
    ConditionalTrust = "IMM108", Warning,
        "the trust in IMM hangs on a condition",
        "Which condition keys IMM sends when it assumes a role is not documented, so the condition may shut it out.",
        Trust {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]},"Condition":{"StringEquals":{"sts:ExternalId":"abc"}}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#
        };

    NotJson = "IMM201", Error,
        "not a JSON document",
        "RAM takes a policy as JSON text and refuses everything else.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"},]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#
        };
    MissingElement = "IMM202", Error,
        "a required element is missing or of the wrong type",
        "RAM refuses a document that lacks an element of its grammar, with a message that seldom says which.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#
        };
    BadVersion = "IMM203", Error,
        "the Version is not \"1\"",
        "\"1\" is the only version of the RAM policy language; dates belong to other clouds.",
        Policy {
            bad: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#
        };
    BadEffect = "IMM204", Error,
        "the Effect is neither Allow nor Deny",
        "RAM knows these two effects, written exactly so.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"allow","Action":"oss:GetObject","Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#
        };
    BothActionAndNotAction = "IMM205", Error,
        "a statement has both Action and NotAction",
        "A statement names its actions or names all but some; RAM takes exactly one of the two.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","NotAction":"oss:PutObject","Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#
        };
    UnknownElement = "IMM206", Error,
        "an element or operator that RAM does not know",
        "A misspelt element is not ignored quietly: RAM refuses the document, or the statement means something else.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Actions":"oss:GetObject","Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#
        };
    MalformedArn = "IMM207", Error,
        "malformed ARN",
        "A resource name has five fields, acs:<service>:<region>:<account>:<name>; with fewer it matches nothing.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"my-bucket/*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:my-bucket/*"}]}"#
        };
    TooLong = "IMM208", Error,
        "the document is too long",
        "RAM takes custom policies of up to 6,144 characters, white space included.",
        Configuration {
            bad: "a policy of more than 6,144 characters",
            good: "the same policy without white space, with wildcards for long lists, or cut into two policies on one role"
        };
    UnknownAction = "IMM209", Warning,
        "unknown action",
        "No documented action has this name, so the statement grants less than it says.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"imm:CreateProjekt","Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"imm:CreateProject","Resource":"*"}]}"#
        };
    ActionNeverMatches = "IMM210", Warning,
        "an action that the resource can never match",
        "The action is checked against another kind of resource, so this statement has no effect on it.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:PutBucketLifecycle","Resource":"acs:oss:*:*:my-bucket/*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:PutBucketLifecycle","Resource":"acs:oss:*:*:my-bucket"}]}"#
        };
    KeyNeverCarried = "IMM211", Warning,
        "a condition key that the action never carries",
        "A key that a request does not carry makes a positive condition false and a negated one true.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"mns:SendMessage","Resource":"*","Condition":{"StringLike":{"oss:Prefix":"a/*"}}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:ListObjects","Resource":"*","Condition":{"StringLike":{"oss:Prefix":"a/*"}}}]}"#
        };
    SidOrId = "IMM212", Warning,
        "Sid or Id",
        "These elements belong to other clouds; RAM's grammar does not have them.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Sid":"Read","Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#
        };
    DuplicateKey = "IMM213", Error,
        "a key is written twice",
        "Which of the two counts is not specified, so nobody can say what the document allows.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Action":"oss:PutObject","Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":"*"}]}"#
        };
    PrincipalInPolicy = "IMM214", Error,
        "a permission policy names a Principal",
        "Who gets a permission policy is decided by attaching it; Principal belongs into a role's trust policy.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Principal":{"Service":["imm.aliyuncs.com"]}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#
        };
    NotResource = "IMM215", Warning,
        "NotResource",
        "Today's grammar pages no longer list NotResource, and it reaches everything that is not named.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","NotResource":"acs:oss:*:*:secret/*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"},{"Effect":"Deny","Action":"oss:GetObject","Resource":"acs:oss:*:*:secret/*"}]}"#
        };
    SetQualifier = "IMM216", Hint,
        "ForAnyValue or ForAllValues",
        "RAM's operator table does not list these prefixes, although the vendor's own modules use them.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:CreateRole","Resource":"*","Condition":{"ForAllValues:StringEquals":{"ram:TrustedPrincipalTypes":"Service"}}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:CreateRole","Resource":"*","Condition":{"StringEquals":{"ram:TrustedPrincipalTypes":"Service"}}}]}"#
        };
    RawScalar = "IMM217", Warning,
        "a condition value without quotes",
        "The grammar wants every condition value as a string; whether RAM takes a bare number or boolean is not documented.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":true}}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"true"}}}]}"#
        };
    BadConditionValue = "IMM218", Error,
        "a condition value that its operator cannot read",
        "A value that is no date, number, boolean or address never equals anything, so the condition cannot do what it says.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/40"]}}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8"]}}}]}"#
        };
    EmptyList = "IMM219", Warning,
        "an empty list",
        "A list without entries matches nothing, and whether RAM takes it is not documented.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":[],"Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":"*"}]}"#
        };
    LoneStatement = "IMM220", Warning,
        "Statement is not a list",
        "RAM's grammar has a list of statements even where there is one.",
        Policy {
            bad: r#"{"Version":"1","Statement":{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#
        };
    ActionShape = "IMM221", Error,
        "an action without a service code",
        "Every action is <service>:<Name>; a name alone matches no request.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"GetObject","Resource":"acs:oss:*:*:my-bucket/*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:my-bucket/*"}]}"#
        };
    ActionCase = "IMM222", Warning,
        "an action in unusual letter case",
        "RAM mostly ignores the case of actions, but its documentation asks for the exact spelling.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:getobject","Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}"#
        };
    UnknownConditionKey = "IMM223", Hint,
        "a condition key that is not documented",
        "A key that no request carries makes a positive condition false and a negated one true.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Condition":{"IpAddress":{"acs:SourceIP4":["10.0.0.0/8"]}}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8"]}}}]}"#
        };
    OssRegion = "IMM224", Warning,
        "a region in an OSS resource",
        "OSS documents * as the only region that works in its resource names.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:oss-cn-hangzhou:*:my-bucket/*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:my-bucket/*"}]}"#
        };

    PassRoleUnconditional = "IMM301", Error,
        "ram:PassRole without acs:Service",
        "Whoever holds it can hand the role to any service that runs code with it, and so take all that the role may do.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}]}"#
        };
    PassRoleOtherServicesOnly = "IMM302", Error,
        "ram:PassRole for other services only",
        "IMM checks the grant with acs:Service = imm.aliyuncs.com, which this condition refuses.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"ecs.aliyuncs.com"}}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}]}"#
        };
    PassRoleVoidCondition = "IMM303", Error,
        "an acs:Service condition that excludes nothing",
        "A pattern that fits every service, or a list of services to leave out, lets the role go to services that nobody thought of.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringLike":{"acs:Service":"*"}}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}]}"#
        };
    PassRoleMissing = "IMM304", Warning,
        "the role's policy grants no ram:PassRole for IMM",
        "Every custom-role policy that IMM documents lets the role be passed on to IMM; document conversion and transcoding fail without it.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":"acs:oss:*:*:my-bucket/*"},{"Effect":"Allow","Action":"mns:PublishMessage","Resource":"*"}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject"],"Resource":"acs:oss:*:*:my-bucket/*"},{"Effect":"Allow","Action":"mns:PublishMessage","Resource":"*"},{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}]}"#
        };
    PassRoleOthersToo = "IMM305", Warning,
        "ram:PassRole for other services too",
        "The role can be handed to services other than IMM, which can then do all that it may do.",
        Policy {
            bad: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":["imm.aliyuncs.com","ecs.aliyuncs.com"]}}}]}"#,
            good: r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:PassRole","Resource":"*","Condition":{"StringEquals":{"acs:Service":"imm.aliyuncs.com"}}}]}"#
        };

    RoleIsArn = "IMM401", Error,
        "the role is given as an ARN",
        "IMM takes the name of a role in the project's own account, not its ARN.",
        Configuration {
            bad: "service_role = imm_service_role.this.arn",
            good: "service_role = imm_service_role.this.role_name"
        };
    RoleDoesNotTrustImm = "IMM402", Error,
        "the project's role does not trust IMM",
        "IMM cannot assume the role, so every task of the project fails.",
        Configuration {
            bad: "a project whose service_role trusts ecs.aliyuncs.com alone",
            good: "the same role with trusted_services = [\"imm.aliyuncs.com\"]"
        };
    RoleUnknown = "IMM403", Warning,
        "the role neither exists nor is planned",
        "IMM refuses a project whose role does not exist when it is made.",
        Configuration {
            bad: "service_role = \"TestIMMRole\", with no such role in the account or in this plan",
            good: "an imm_service_role of that name, and service_role = imm_service_role.this.role_name"
        };
    RolePowerless = "IMM404", Warning,
        "the role lacks the least that IMM needs",
        "A new role may do nothing; IMM reads and writes objects in OSS and publishes messages to MNS with it.",
        Configuration {
            bad: "a project whose role has no policy attached",
            good: "an imm_role_policy_attachment of a policy that grants oss:GetObject, oss:PutObject and mns:PublishMessage"
        };
    OutOfRange = "IMM405", Error,
        "a value is out of range",
        "The API refuses values outside its documented limits.",
        Configuration {
            bad: "dataset_max_bind_count = 0",
            good: "dataset_max_bind_count = 10"
        };
    BadName = "IMM406", Error,
        "a name breaks the rules of its kind",
        "The API refuses names with other characters or lengths.",
        Configuration {
            bad: "project_name = \"1 project\"",
            good: "project_name = \"project-1\""
        };

    CallerLacksAction = "IMM501", Error,
        "the caller may not call this API",
        "The write itself is refused when the plan is applied.",
        Configuration {
            bad: "a RAM user with AliyunIMMReadOnlyAccess creating an imm_project",
            good: "the same user with imm:CreateProject on acs:imm:*:*:project/*"
        };
    CallerLacksPassRole = "IMM502", Error,
        "the caller may not pass this role to IMM",
        "IMM checks ram:PassRole on the role, with acs:Service = imm.aliyuncs.com, for whoever names a role.",
        Configuration {
            bad: "a caller that holds imm:* alone and sets service_role",
            good: "the same caller with ram:PassRole on the role under StringEquals acs:Service = imm.aliyuncs.com"
        };
    CallerLacksRolePermission = "IMM503", Error,
        "the caller lacks a permission that the role has",
        "Whoever gives a role to IMM must hold all that the role may do, else the call fails.",
        Configuration {
            bad: "a caller with AliyunIMMFullAccess giving a role that may oss:GetObject",
            good: "the same caller with the role's own policy attached as well"
        };
    CallerNotReadWhole = "IMM504", Warning,
        "the caller's own rights could not be read whole",
        "What hangs on the missing part was not checked, and may fail when the plan is applied.",
        Configuration {
            bad: "a caller without ram:ListPoliciesForUser",
            good: "the same caller with ram:ListPoliciesForUser, ram:ListGroupsForUser, ram:ListPoliciesForGroup, ram:GetPolicy and ram:GetPolicyVersion"
        };
}

impl Code {
    /// The group that the code belongs to.
    #[must_use]
    pub fn family(self) -> Family {
        match self.id().as_bytes().get(3) {
            Some(b'1') => Family::Trust,
            Some(b'2') => Family::Grammar,
            Some(b'3') => Family::PassRole,
            Some(b'4') => Family::Project,
            _ => Family::Caller,
        }
    }

    /// The code of this name. Letter case is ignored.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|entry| entry.id.eq_ignore_ascii_case(id))
            .map(|entry| entry.code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// What a setting such as `plan_checks` names: one code, or a whole family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// One code.
    Code(Code),
    /// Every code of a family.
    Family(Family),
}

impl Selector {
    /// Reads `IMM304` or `IMM3xx`, in any letter case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Code::from_id(text).map(Self::Code).or_else(|| {
            Family::ALL
                .into_iter()
                .find(|family| family.id().eq_ignore_ascii_case(text))
                .map(Self::Family)
        })
    }

    /// Whether the code is the one named, or of the family named.
    #[must_use]
    pub fn covers(self, code: Code) -> bool {
        match self {
            Self::Code(own) => own == code,
            Self::Family(family) => family == code.family(),
        }
    }

    /// Every text that [`Selector::parse`] knows, families first: the list to print when it does not.
    #[must_use]
    pub fn known() -> Vec<&'static str> {
        let families = Family::ALL.iter().map(|family| family.id());
        families.chain(TABLE.iter().map(|entry| entry.id)).collect()
    }
}

/// The reference page of all codes, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from(
        "# Checks\n\nEvery finding has one of these codes. `plan_checks` in the provider block sets a \
         code, or a family such as `IMM3xx`, to `error`, `warn` or `off`. A severity here is the most \
         that a finding has; where a finding is certain only in part it says less.\n",
    );
    for family in Family::ALL {
        out.push_str(&format!("\n## {}: {}\n", family.id(), family.title()));
        for entry in TABLE.iter().filter(|entry| entry.code.family() == family) {
            out.push_str(&format!(
                "\n### {}: {}\n\n{} ({}).\n",
                entry.id,
                entry.title,
                entry.why.trim_end_matches('.'),
                entry.severity
            ));
            let (kind, bad, good) = match entry.example {
                Example::Policy { bad, good } | Example::Trust { bad, good } => ("json", bad, good),
                Example::Configuration { bad, good } => ("text", bad, good),
            };
            for (word, text) in [("Bad", bad), ("Mended", good)] {
                let text = match super::json::parse(text).root {
                    // A faulty text is shown as it is.
                    Some(root) if super::json::parse(text).errors.is_empty() => {
                        super::print::pretty(&root)
                    }
                    _ => text.to_owned(),
                };
                out.push_str(&format!("\n{word}:\n\n```{kind}\n{text}\n```\n"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_code_is_found_by_its_name() {
        assert!(TABLE.windows(2).all(|pair| pair[0].id < pair[1].id));
        for entry in TABLE {
            assert_eq!(entry.id.len(), 6, "{}", entry.id);
            assert_eq!(Code::from_id(&entry.id.to_lowercase()), Some(entry.code));
            assert_eq!(entry.code.id(), entry.id);
            assert_eq!(
                entry.id.get(..4),
                entry.code.family().id().get(..4),
                "the family is the first digit"
            );
            assert!(entry.why.ends_with('.'), "{}", entry.id);
            assert!(!entry.title.ends_with('.'), "{}", entry.id);
        }
    }

    #[test]
    fn the_reference_has_every_code_once() {
        let page = reference();
        for entry in TABLE {
            assert_eq!(page.matches(&format!("### {}: ", entry.id)).count(), 1);
        }
        assert_eq!(page.matches("```").count(), TABLE.len() * 4);
    }

    #[test]
    fn selectors_name_codes_and_families() {
        assert_eq!(
            Selector::parse("imm3XX"),
            Some(Selector::Family(Family::PassRole))
        );
        assert_eq!(
            Selector::parse("IMM304"),
            Some(Selector::Code(Code::PassRoleMissing))
        );
        assert_eq!(Selector::parse("IMM399"), None);
        assert!(Selector::Family(Family::PassRole).covers(Code::PassRoleMissing));
        assert!(!Selector::Family(Family::Trust).covers(Code::PassRoleMissing));
        assert!(Selector::known().contains(&"IMM1xx"));
        for text in Selector::known() {
            assert!(Selector::parse(text).is_some(), "{text}");
        }
    }
}
