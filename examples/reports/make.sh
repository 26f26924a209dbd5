#!/bin/sh
# Makes the reports of this directory anew, from programs that really crash and hang.
#
# Needs JDK 17, Node 24 and Python 3.11. The programs run in SHOP_DIR, so that no path of this
# machine gets into a report. Addresses, times and thread ids differ from run to run.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
shop=${SHOP_DIR:-/tmp/shop}
python=${PYTHON:-python3}

rm -rf "$shop"
mkdir -p "$shop"
cp "$here"/programs/node/*.mjs "$here"/programs/python/*.py "$shop"
javac -d "$shop/classes" "$here"/programs/java/*.java
cd "$shop"

# crash NAME COMMAND…: the report is what the command prints as it dies.
crash() {
  name=$1
  shift
  # The exit code does not tell: a thread of its own may die without taking the program along.
  "$@" >/dev/null 2>"$here/$name" || true
  test -s "$here/$name" || { echo "$name: the program did not crash" >&2; exit 1; }
}

# hang CASE SIGN: starts a JVM whose main thread hangs, and waits until its dump shows SIGN.
hang() {
  java -cp classes com.example.shop.Hangs "$1" >quit.txt &
  jvm=$!
  tries=50
  until jstack "$jvm" >jstack.txt 2>/dev/null && grep -q "$2" jstack.txt; do
    tries=$((tries - 1))
    test "$tries" -gt 0 || { echo "$1: the main thread does not hang" >&2; kill -9 "$jvm"; exit 1; }
    sleep 0.2
  done
}

# The hanging JVM has done its duty.
end_hang() {
  kill -9 "$jvm"
  wait "$jvm" 2>/dev/null || true
}

for case in missing-price nested-causes suppressed wrong-type worker; do
  crash "java-$case.txt" java -cp classes com.example.shop.Basket "$case"
done
crash java-recursion.txt java -XX:MaxJavaStackTraceDepth=40 -cp classes com.example.shop.Basket recursion
for case in type-error async-cause all-mirrors timer; do
  crash "node-$case.txt" node crash.mjs "$case"
done
crash node-recursion.txt node crash.mjs recursion
for case in chained direct-cause recursion group thread; do
  crash "python-$case.txt" "$python" crash.py "$case"
done
node reporter.mjs >"$here/node-reporter.ndjson"

hang deadlock 'Found one Java-level deadlock'
cp jstack.txt "$here/java-hang-deadlock.txt"
end_hang
hang lock 'waiting to lock'
cp jstack.txt "$here/java-hang-lock.txt"
end_hang
# The third JVM prints its dump itself, on SIGQUIT.
hang socket 'SocketDispatcher.read'
kill -QUIT "$jvm"
until grep -q '^Heap' quit.txt; do sleep 0.1; done
sleep 0.2
cp quit.txt "$here/java-hang-socket.txt"
end_hang

for case in parse contention; do
  java -cp classes com.example.shop.Hangs "$case" "$here/java-lag-$case.json" >/dev/null
done
node hang.mjs "$here/node-lag-search.json"
"$python" hang.py "$here/python-lag-invoices.json"

rm -rf "$shop"
