# Sourced by scripts/* and .ci/run from the root of the repository: installs what they need, once.
#
#   bootstrap demo|dev     .venv from locks/<name>.txt, node_modules from package-lock.json, tools on PATH
#   bootstrap_assurance    .venv-assurance from locks/assurance.txt: slither and halmos; after the other
#
# Asks of the machine only bash and a Python >= 3.11 with venv; Node comes from PATH (>= 20) or from the wheel in .venv.
# pip and npm keep the user's own configuration. A stamp is written last, so that an interrupted install is done again;
# with the stamps in place it costs milliseconds. Two runs at once are safe. Exit code 2: the machine lacks something.

say() { printf '%s\n' "$*" >&2; }

die() {
    local code=$1
    shift
    say "$*"
    exit "$code"
}

# quietly LOG COMMAND...: the output goes to build/LOG.log, its end to stderr when the command fails.
quietly() {
    local log="build/$1.log"
    shift
    if ! "$@" >"$log" 2>&1 </dev/null; then
        say "failed: $*"
        tail -n 25 "$log" >&2
        die 1 "The whole output is in $log."
    fi
}

sha256_of() {
    if command -v sha256sum >/dev/null; then
        cat "$@" | sha256sum | cut -d' ' -f1
    else
        cat "$@" | shasum -a 256 | cut -d' ' -f1
    fi
}

# Prints "MAJOR MINOR HAS_VENV" of a Python, or nothing when it does not start.
probe_python() {
    "$1" -c 'import importlib.util as u, sys
v = sys.version_info
print(v[0], v[1], int(bool(u.find_spec("venv") and u.find_spec("ensurepip"))))' 2>/dev/null || true
}

# Sets PYTHON_FOUND: $PYTHON when given, else the first that everything runs on, else the first that most runs on.
find_python() {
    local candidate major minor has_venv rank best_rank=99 without_venv=""
    PYTHON_FOUND=""
    for candidate in ${PYTHON:-python3 python3.12 python3.11 python3.13 python3.14 python}; do
        read -r major minor has_venv <<<"$(probe_python "$candidate")" || true
        [[ -n "${has_venv:-}" ]] || continue
        ((major == 3 && minor >= 11)) || continue
        if ((has_venv == 0)); then
            without_venv=${without_venv:-$candidate}
            continue
        fi
        # 3.11, 3.12: everything. 3.13: all but ape. Later: coincurve has no wheel and must be built.
        rank=$((minor <= 12 ? 0 : minor - 12))
        if ((rank < best_rank)); then
            best_rank=$rank
            PYTHON_FOUND=$candidate
        fi
    done
    [[ -n "$PYTHON_FOUND" ]] && return
    if [[ -n "$without_venv" ]]; then
        die 2 "$without_venv has no venv module: install it (on Debian: apt install python3-venv) and run again."
    elif [[ -n "${PYTHON:-}" ]]; then
        die 2 "PYTHON=$PYTHON is not a Python 3.11 or newer: point it at one (3.11 or 3.12 runs everything) and run again."
    fi
    die 2 "No Python 3.11 or newer was found on PATH: install one (3.11 or 3.12 runs everything) or set PYTHON to it."
}

damaged_venv() { die 2 "The folder .venv is damaged ($1): remove .venv and run again."; }

# What an install depends on. The path is part of it: a moved checkout has a .venv that points elsewhere.
python_key() {
    { sha256_of locks/build.txt "locks/$1.txt" pyproject.toml && pwd -P; } | tr '\n' ' '
}

# An install would write through a link into somebody else's folder.
refuse_links() {
    local folder
    for folder in .venv .venv-assurance node_modules; do
        [[ ! -L "$folder" ]] || die 2 "$folder is a link, and an install would change what it points to: remove the link and run again."
    done
}

is_stamped() { [[ -f "$1" && "$(<"$1")" == "$2" ]]; }

stamp() {
    printf '%s' "$2" >"$1.new"
    mv -f "$1.new" "$1"
}

# The lock `dev` holds everything that `demo` holds, at the same versions.
python_is_ready() {
    [[ -x .venv/bin/python ]] || return 1
    is_stamped .venv/.custody-dev "$(python_key dev)" || {
        [[ "$1" == demo ]] && is_stamped .venv/.custody-demo "$(python_key demo)"
    }
}

install_python() {
    local lock=$1 home
    if [[ ! -e .venv ]]; then
        find_python
        say "making .venv with $PYTHON_FOUND (once) ..."
        quietly venv "$PYTHON_FOUND" -m venv .venv
    fi
    [[ -x .venv/bin/python ]] || damaged_venv "it has no Python"
    .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        damaged_venv "its Python does not start or is older than 3.11"
    .venv/bin/python -m pip --version >/dev/null 2>&1 || damaged_venv "its pip does not start"
    rm -f .venv/.custody-dev .venv/.custody-demo
    say "installing Python packages (once) ..."
    local pip=(.venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps)
    quietly pip "${pip[@]}" --require-hashes -r locks/build.txt
    quietly pip "${pip[@]}" --require-hashes --no-build-isolation -r "locks/$lock.txt"
    quietly pip "${pip[@]}" --no-build-isolation --no-index --editable .
    stamp ".venv/.custody-$lock" "$(python_key "$lock")"
}

# Sets NODE_FOLDER, empty for the Node on PATH.
ensure_node() {
    local major
    NODE_FOLDER=""
    major=$(node --version 2>/dev/null | sed -nE 's/^v([0-9]+).*/\1/p' || true)
    if [[ -n "$major" ]] && ((major >= 20)) && command -v npm >/dev/null; then
        return
    fi
    [[ -x .venv/bin/node && -x .venv/bin/npm ]] || die 2 "Neither PATH nor .venv has Node 20 or newer: remove .venv and run again."
    NODE_FOLDER="$PWD/.venv/bin"
}

# Node from the wheel would trust only the authorities built into it: it is told to trust the machine's, as pip is.
with_node() {
    if [[ -n "$NODE_FOLDER" ]]; then
        PATH="$NODE_FOLDER:$PATH" NODE_USE_SYSTEM_CA="${NODE_USE_SYSTEM_CA:-1}" "$@"
    else
        "$@"
    fi
}

node_key() { sha256_of package.json package-lock.json; }

node_is_ready() { is_stamped node_modules/.custody-stamp "$(node_key)"; }

install_node() {
    ensure_node
    say "installing the compiler, the local chain and the Solidity libraries (once) ..."
    # The native binaries are packages of their own: nothing that a package wants to run at install time is needed.
    quietly npm with_node npm ci --ignore-scripts --no-audit --no-fund
    stamp node_modules/.custody-stamp "$(node_key)"
}

# Prints the folder of a native foundry binary. npm's launchers exit 0 even when tests fail.
foundry_folder() {
    local folder
    for folder in "$PWD/node_modules/@foundry-rs/$1"-*/bin; do
        [[ -x "$folder/$1" ]] && printf '%s' "$folder" && return
    done
    die 2 "node_modules has no native $1 for this machine: remove node_modules and run again."
}

use_tools() {
    local forge anvil
    forge=$(foundry_folder forge)
    anvil=$(foundry_folder anvil)
    # Node from the wheel goes last, so that a Node on PATH keeps serving.
    export PATH="$forge:$anvil:$PATH:$PWD/.venv/bin"
    export SOLCX_BINARY_PATH="$PWD/tools/solc"
}

# one_at_a_time COMMAND...: in a subshell, so that no child of the caller inherits the lock.
one_at_a_time() {
    (
        if command -v flock >/dev/null && ! flock -n 9; then
            say "another run is installing; waiting for it ..."
            flock 9
        fi
        "$@"
    ) 9>build/bootstrap.lock || exit $?
}

install_missing() {
    refuse_links
    python_is_ready "$1" || install_python "$1"
    node_is_ready || install_node
}

bootstrap() {
    local lock=$1
    mkdir -p build
    if ! python_is_ready "$lock" || ! node_is_ready; then
        one_at_a_time install_missing "$lock"
    fi
    .venv/bin/python -c '' 2>/dev/null || damaged_venv "its Python does not start"
    use_tools
}

assurance_key() { { sha256_of locks/assurance.txt && pwd -P; } | tr '\n' ' '; }

assurance_is_ready() { is_stamped .venv-assurance/.custody-assurance "$(assurance_key)"; }

# Nothing is kept of an older one: it holds only what the lock says, and a script cannot tell what is left over in it.
install_assurance() {
    assurance_is_ready && return
    refuse_links
    say "installing slither and halmos (once) ..."
    rm -rf .venv-assurance
    quietly venv-assurance .venv/bin/python -m venv .venv-assurance
    quietly pip-assurance .venv-assurance/bin/python -m pip install --disable-pip-version-check --no-input --no-deps \
        --only-binary :all: --require-hashes -r locks/assurance.txt
    stamp .venv-assurance/.custody-assurance "$(assurance_key)"
}

bootstrap_assurance() {
    assurance_is_ready || one_at_a_time install_assurance
}
