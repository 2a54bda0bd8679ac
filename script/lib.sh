# What the scripts share. Sourced, not run; the working directory is the checkout's root.

# Warnings of our own code are errors, in every script alike, so that none makes another build everything again.
# MARTLET_WARNINGS=allow lets a newer compiler have its say.
export MARTLET_WARNINGS=${MARTLET_WARNINGS:-error}
BUILD=.build/debug

step() { printf '\n== %s\n' "$*"; }

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Installs those Debian packages that are missing, with apt, if there is one and we may.
need_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null || return 0
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    step "Installing ${missing[*]}"
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "Please install: ${missing[*]}"
        sudo=(sudo -n)
    fi
    "${sudo[@]}" apt-get update -q >/dev/null || true
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" >/dev/null ||
        die "Please install: ${missing[*]}"
}

need_swift() {
    command -v swift >/dev/null || die "Swift 6.2 or newer is needed: https://www.swift.org/install"
}

# A Python environment in folder $1 with what requirements file $2 lists, renewed when the file changes.
python_environment() {
    local folder=$1 requirements=$2 sum
    sum=$(cksum <"$requirements")
    if [ "$(cat "$folder/requirements.sum" 2>/dev/null)" != "$sum" ]; then
        rm -rf "$folder"
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
        printf '%s\n' "$sum" >"$folder/requirements.sum"
    fi
}

# The program and the launcher that it needs, for debugging: $BUILD/martlet and $BUILD/launcher.
build_debug() {
    step "Building for debugging (some minutes the first time)"
    swift build --product martlet
    swift build --product launcher
    swift build --product MartletZygote
}

# The same as users get it: optimised, and with the Swift runtime, SQLite and zlib inside, so that it needs no more
# than the libraries of C and C++.
# libpq is opened when a PostgreSQL database is used. Sets `products`, the folder with both programs.
build_release() {
    local libraries=$PWD/.build-release/static-libraries library archive
    # The linker looks here first, and finds nothing but static libraries.
    mkdir -p "$libraries"
    for library in libsqlite3.a libz.a; do
        archive=$(find /usr/lib /usr/local/lib -name "$library" 2>/dev/null | head -n 1)
        [ -n "$archive" ] || die "$library was not found"
        cp "$archive" "$libraries/"
    done
    local options=(-c release --scratch-path .build-release --static-swift-stdlib
        -Xlinker "-L$libraries" -Xlinker -lm -Xlinker --gc-sections)
    step "Building a release (ten minutes or more the first time, on two processors)"
    swift build "${options[@]}" --product martlet
    swift build "${options[@]}" --product launcher
    swift build "${options[@]}" --product MartletZygote
    products=$(swift build "${options[@]}" --show-bin-path)
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
