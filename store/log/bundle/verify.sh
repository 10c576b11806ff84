#!/bin/sh
# Checks one bundle of the log (証跡) without the program that wrote it. It needs a POSIX shell with its usual tools,
# sha256sum, and openssl 3.0. Run it in the bundle's own directory: sh verify.sh [FIRST-KEY]
# FIRST-KEY is the fingerprint of the log's first key, which the terminal's people tell (renkei keys show). The first
# bundle is held against it: a log that was made with other keys holds just as well.
# Exit status: 0 everything holds; 1 something does not, and the first finding is named; 2 a tool is missing; 3
# everything holds, and beside the log lie files that are no part of it: they are named.
set -u
# Bytes, not characters: in a UTF-8 locale tools may refuse or misread lines that somebody has tampered with.
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")" || exit 2

for tool in openssl sha256sum awk sed grep dd split cmp mktemp paste tr cut; do
    command -v "$tool" >/dev/null || { echo "missing tool: $tool"; exit 2; }
done
# All that is printed comes through here: names and contents of a medium are foreign, and could steer a terminal.
# Not `echo`, which makes a control character of \033 in some shells.
say() {
    printf %s "$*" | tr -c ' -~' '?'
    printf '\n'
}
# Working files stay off the medium, which should be write-protected.
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

bad() {
    say "BAD: $*"
    exit 1
}

# Each prints the value of a member in a file $1 with one line of canonical JSON. text $1 NAME and number $1 NAME print
# that member; others $1 prints a line for each other terminal, its name and its key. A retired terminal has no key.
# Reading JSON with sed is safe here because each line's exact form is checked too, and no value can hold a quote.
text() { sed -n 's/.*"'"$2"'":"\([^"]*\)".*/\1/p' "$1"; }
others() { sed -n 's/.*"others":\[\([^]]*\)\].*/\1/p' "$1" | tr -d '"' | tr ',' '\n' | awk '{ sub(":", " "); print }'; }
# What stands after the name $2 in the list $1. Compared as text: a name is no pattern.
beside() { awk -v name="$2" '$1 == name { print $2 }' "$1"; }
number() { sed -n 's/.*"'"$2"'":\([0-9][0-9]*\)[,}].*/\1/p' "$1"; }

# 1. The listed files are there, none of them is a link, and each has its sum.
[ -f SHA256SUMS ] && [ ! -L SHA256SUMS ] || bad "SHA256SUMS is missing"
grep -qvE '^[0-9a-f]{64}  [A-Za-z0-9._][A-Za-z0-9._-]*$' SHA256SUMS && bad "SHA256SUMS has another form"
cut -c 67- SHA256SUMS >"$work/listed"
foreign=0
for name in * .*; do
    case $name in . | .. | SHA256SUMS) continue ;; esac
    # A pattern that nothing matches stands for itself.
    [ -e "$name" ] || [ -L "$name" ] || continue
    case $name in
    *[!A-Za-z0-9._-]*) ;;
    *)
        if grep -qxF -e "$name" "$work/listed"; then
            [ -f "$name" ] && [ ! -L "$name" ] || bad "$name is not a plain file"
            continue
        fi
        ;;
    esac
    # What other machines leave on a medium is no part of the log, and says nothing about it. What is named like a part
    # is refused: somebody might take it for one.
    case $(printf %s "$name" | tr '[:upper:]' '[:lower:]') in
    entries* | checkpoints* | witnesses* | manifest* | sha256sums*) bad "$name does not belong here" ;;
    esac
    say "FOREIGN: $name"
    foreign=3
done
sha256sum -c SHA256SUMS >"$work/summed" 2>/dev/null || {
    grep -v ': OK$' "$work/summed" | while IFS= read -r name; do say "$name"; done
    bad "files are missing or changed"
}

[ -f manifest.json ] || bad "manifest.json is missing"
first=$(number manifest.json first)
last=$(number manifest.json last)
terminal=$(text manifest.json terminal)
before=$(text manifest.json prev)
ladder=$(text manifest.json ladder)
mark=$(text manifest.json checkpoint_prev)
[ -n "$first" ] && [ -n "$last" ] && [ -n "$terminal" ] && [ -n "$before" ] && [ -n "$ladder" ] && [ -n "$mark" ] ||
    bad "manifest.json says too little"

root=
[ "$first" != 1 ] || root=$(printf %s "$ladder" | sha256sum | sed 's/ .*//')
[ -z "${1:-}" ] || [ "$1" = "$root" ] || bad "the first key is ${root:-in the first bundle}, not $1"

# $work/ladders: for each terminal the key of its next checkpoint. $work/writers: for each terminal the number of the
# first entry that it may have written; a terminal that a checkpoint admits may write from the next entry on. These
# checkpoints are not verified yet. Part 3 does that, and refuses the bundle if they are forged.
{ printf '%s\n' "$terminal $ladder"; others manifest.json; } >"$work/ladders"
{
    sed 's/ .*/ '"$first"'/' "$work/ladders"
    awk '{
        match($0, /"seq":[0-9]+/); seq = substr($0, RSTART + 6, RLENGTH - 6)
        if (!match($0, /"others":\[[^]]*\]/)) next
        count = split(substr($0, RSTART + 10, RLENGTH - 11), told, ",")
        for (one = 1; one <= count; one++) print substr(told[one], 2, index(told[one], ":") - 2), seq + 1
    }' checkpoints.jsonl
} | awk '!($1 in known) { known[$1] = 1; print }' >"$work/writers"
grep -qvE '^[a-z0-9][a-z0-9-]{1,31} [0-9]+$' "$work/writers" && bad "a terminal has no name"

# 2. The chain: each entry is hashed on its own and names the hash of the entry before it. The layout is exact, so that
# no entry can be read in two ways.
name='(null|"[a-z0-9-]{3,64}")'
member='"[a-z_]+":(0|-?[1-9][0-9]*|"[A-Za-z0-9_.:,+-]{0,128}")'
time='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z'
layout='^[{]"actor":'$name',"at":"'$time'","detail":[{]('$member'(,'$member')*)?[}],"event":"[a-z_.]+","object":'$name
layout=$layout',"prev":"[0-9a-f]{64}","result":"[a-z]+","seq":[1-9][0-9]*,"session":'$name
layout=$layout',"terminal":"('$(sed 's/ .*//' "$work/writers" | paste -s -d '|' -)')","v":[12][}]$'

sed -n 's/.*"seq":\([0-9]*\),.*/\1/p' checkpoints.jsonl >"$work/wanted"
: >"$work/found"
seq=$first
at=
version=1
for segment in entries-*.jsonl; do
    [ -f "$segment" ] || break
    [ "$segment" = "$(printf 'entries-%012d.jsonl' "$seq")" ] || bad "entry $seq is not where it should be"
    [ -z "$(tail -c 1 "$segment")" ] || bad "$segment is cut off"
    odd=$(grep -nvE "$layout" "$segment" | head -n 1 | sed 's/:.*//')
    [ -z "$odd" ] || bad "entry $((seq + odd - 1)) is no entry of these terminals"
    # sha256sum takes whole files, so each line becomes a file without its line end: one call hashes 2000 entries.
    split -l 2000 -a 6 "$segment" "$work/part."
    for part in "$work"/part.*; do
        mkdir "$work/each"
        awk -v dir="$work/each/" '{ file = sprintf("%s%06d", dir, NR); printf "%s", $0 >file; close(file) }' "$part"
        (cd "$work/each" && sha256sum ./*) | sed 's/ .*//' >"$work/hashes"
        rm -rf "$work/each"
        awk -v hashes="$work/hashes" -v wanted="$work/wanted" -v found="$work/found" -v state="$work/state" \
            -v before="$before" -v seq="$seq" -v at="$at" -v version="$version" -v writers="$work/writers" '
            BEGIN {
                while ((getline line <wanted) > 0) want[line] = 1
                while ((getline line <writers) > 0) { split(line, told, " "); since[told[1]] = told[2] }
            }
            {
                getline hash <hashes
                match($0, /"prev":"[0-9a-f]+"/); prev = substr($0, RSTART + 8, 64)
                match($0, /"seq":[0-9]+,"session"/); own = substr($0, RSTART + 6, RLENGTH - 16)
                match($0, /"at":"[^"]+"/); time = substr($0, RSTART + 6, RLENGTH - 7)
                match($0, /"[a-z0-9-]+","v":[12][}]$/); writer = substr($0, RSTART + 1, RLENGTH - 9)
                own_version = substr($0, length($0) - 1, 1) + 0
                if (since[writer] > seq + 0) { print "entry " seq " is of a terminal that was not let in"; exit 1 }
                if (prev != before) { print "entry " seq " does not follow from the entry before"; exit 1 }
                if (own != seq "") { print "entry " seq " has another number"; exit 1 }
                if (own_version < version + 0) { print "entry " seq " has an older format than the entry before"; exit 1 }
                # Since format 2 the clock may step back, in an entry that holds the times before and after.
                if (own_version == 2 && /"event":"clock[.]stepped"/) {
                    match($0, /"clock_before":"[^"]+"/); back = substr($0, RSTART + 16, RLENGTH - 17)
                    step = "\"detail\":{\"clock_after\":\"" time "\",\"clock_before\":\"" back "\"}"
                    if (!index($0, step) || time >= back || (at != "" && at != back)) {
                        print "entry " seq " tells of a step of the clock that was none"; exit 1
                    }
                } else if (time < at) { print "entry " seq " is older than the entry before"; exit 1 }
                if (seq in want) print seq, hash >>found
                before = hash; at = time; version = own_version; seq += 1
            }
            END { print before, seq, at, version >state }' "$part" >"$work/said" || bad "$(cat "$work/said")"
        read -r before seq at version <"$work/state"
        rm -f "$part"
    done
done
[ "$seq" -eq "$((last + 1))" ] || bad "entry $seq is missing"

# 3. The checkpoints: each is signed over its exact bytes, with the key that the one before it named.
lines=$(awk 'END { print NR }' checkpoints.jsonl)
[ "$lines" -gt 0 ] || bad "there is no checkpoint"
[ "$(wc -c <checkpoints.sig | tr -d ' ')" -eq "$((lines * 64))" ] || bad "signatures are missing or too many"
: >"$work/pem"
line=0
reached=0
while [ "$line" -lt "$lines" ]; do
    sed -n "$((line + 1))p" checkpoints.jsonl | tr -d '\n' >"$work/body"
    dd if=checkpoints.sig of="$work/sig" bs=64 skip="$line" count=1 2>/dev/null
    key=$(text "$work/body" key)
    stands=$(number "$work/body" seq)
    printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' "$key" >"$work/key"
    cat "$work/key" >>"$work/pem"
    where="the checkpoint at entry $stands"
    signer=$(text "$work/body" terminal)
    grep -q '^{"alg":"ed25519",.*,"terminal":"[a-z0-9-]*","v":[12]}$' "$work/body" || bad "$where has an unknown form"
    [ "$(text "$work/body" prev)" = "$mark" ] || bad "$where does not follow the one before it"
    ladder=$(beside "$work/ladders" "$signer")
    [ -n "$ladder" ] || bad "$where is of a terminal that was not let in"
    [ "$key" = "$ladder" ] || [ "$(text "$work/body" cause)" = resumed ] || bad "$where was signed with a foreign key"
    # The other terminals keep their keys, unless one is retired (its key goes) or admitted again (it gets a new one).
    # Otherwise a stolen key of one terminal would be enough to sign in the name of all.
    { printf '%s\n' "$signer $(text "$work/body" next)"; others "$work/body"; } >"$work/next"
    while read -r name own; do
        now=$(beside "$work/next" "$name")
        [ "$name" = "$signer" ] || [ "$now" = "$own" ] || [ -z "$now" ] || [ -z "$own" ] ||
            bad "$where gives $name a foreign key"
        awk -v name="$name" '$1 == name { found = 1 } END { exit !found }' "$work/next" || bad "$where leaves $name out"
    done <"$work/ladders"
    mv "$work/next" "$work/ladders"
    openssl pkeyutl -verify -pubin -inkey "$work/key" -rawin -in "$work/body" -sigfile "$work/sig" >/dev/null 2>&1 ||
        bad "the signature of $where does not hold"
    [ "$stands" -ge "$reached" ] || bad "$where is out of order"
    # A checkpoint at the last entry of the bundle before has no entry here that it could be compared with.
    if [ "$stands" -ge "$first" ]; then
        grep -qxF -e "$stands $(text "$work/body" hash)" "$work/found" || bad "entries up to $stands are not what was signed"
    fi
    [ "$(text "$work/body" cause)" != resumed ] || say "NOTE: two persons went on after a roll-back at entry $stands"
    mark=$(sha256sum <"$work/body" | sed 's/ .*//')
    reached=$stands
    line=$((line + 1))
done
[ "$reached" -eq "$last" ] || bad "no checkpoint stands at the last entry"
cmp -s "$work/pem" checkpoints.pem || bad "checkpoints.pem does not hold the keys of the checkpoints"

# 4. What the peer saw: its signatures over its own statements about checkpoints, under a fixed context so that no
# other signature of the peer passes for one.
if [ -f witnesses.jsonl ]; then
    lines=$(awk 'END { print NR }' witnesses.jsonl)
    line=0
    while [ "$line" -lt "$lines" ]; do
        printf 'renkei/1 witness signature\000' >"$work/body"
        sed -n "$((line + 1))p" witnesses.jsonl | tr -d '\n' >>"$work/body"
        dd if=witnesses.sig of="$work/sig" bs=64 skip="$line" count=1 2>/dev/null
        sed -n "$((line * 3 + 1)),$((line * 3 + 3))p" witnesses.pem >"$work/key"
        openssl pkeyutl -verify -pubin -inkey "$work/key" -rawin -in "$work/body" -sigfile "$work/sig" >/dev/null 2>&1 ||
            bad "the signature of witness $((line + 1)) does not hold"
        line=$((line + 1))
    done
fi

[ -z "$root" ] || say "FIRST KEY: $root"
say "OK: entries $first to $last of $(sed 's/ .*//' "$work/writers" | paste -s -d ' ' -) hold"
exit "$foreign"
