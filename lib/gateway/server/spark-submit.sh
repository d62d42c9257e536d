#!/usr/bin/env bash
# For the gateway, in front of Spark's own. Kyuubi starts an engine with all settings of the session that needs it first, which would be the defaults of everybody's
# sessions on it. So an engine gets what is declared, and what no session may bring; each session brings its own settings to the engine later, too.
# A batch has no sessions: it keeps its settings, but for those that are declared for its user. Neither runs anywhere but in the user's tenant.
set -euo pipefail
export SPARK_HOME=/opt/spark

# Kyuubi's words, until the resource. Each has a value.
settings=() words=() user='' main=''
while [[ ${1-} == --* ]]; do
  case $1 in
    --conf) settings+=("$2") ;;
    --class) main=$2 ;;
    --proxy-user) user=$2 ;;
    *)
      echo "spark-submit is not asked for $1 here: only for settings, a class and a user" >&2
      exit 64
      ;;
  esac
  [ "$1" = --conf ] || words+=("$1" "$2")
  shift 2
done

# The engine of a team is the gateway's own. Whose it is the namespace says, which no session may bring.
conf=$(grep = "$KYUUBI_HOME/conf/kyuubi-defaults.conf")
member=$user asked=''
for setting in "${settings[@]}"; do [[ $setting != spark.kubernetes.namespace=* ]] || asked=${setting#*=}; done
if [ "$user" = _gateway ]; then
  while IFS='=' read -r name value; do
    [[ $name != ___*___.spark.kubernetes.namespace || $value != "$asked" ]] || member=${name:3:-30}
  done <<<"$conf"
fi

# What is declared for all, and over it what is declared for the user.
declare -A declared own
while IFS='=' read -r name value; do
  value=${value//\\\\/\\}
  case $name in
    "___${member}___."*) own[${name#"___${member}___."}]=$value ;;
    ___*) ;;
    *) declared[$name]=$value ;;
  esac
done <<<"$conf"
IFS=, read -ra restricted <<<"${declared[kyuubi.session.conf.restrict.list]}"
namespace=${own[spark.kubernetes.namespace]-}
if [ -z "$namespace" ]; then
  echo "the user '$user' is in no tenant: whoever runs the lakehouse adds a user to one by tenants.<name>.users" >&2
  exit 64
fi
for name in "${!own[@]}"; do declared[$name]=${own[$name]}; done

is_restricted() {
  for pattern in "${restricted[@]}"; do
    # shellcheck disable=SC2053 # It is a pattern.
    [[ $1 != $pattern ]] || return 0
  done
  return 1
}

if [ "$main" = org.apache.kyuubi.engine.spark.SparkSQLEngine ]; then
  for setting in "${settings[@]}"; do
    name=${setting%%=*}
    # Kyuubi writes `spark.` in front of its own keys.
    plain=${name/#spark.kyuubi./kyuubi.}
    # Whose engine it is, and where it listens: so the gateway finds it.
    if [ "$plain" = kyuubi.ha.namespace ]; then
      words+=(--conf "spark.kubernetes.driver.annotation.lakehouse.dev/engine=${setting#*=}" --conf "spark.kyuubi.frontend.thrift.binary.bind.port=$ENGINE_PORT")
    fi
    # Where the gateway listens is its own.
    if [[ $plain == kyuubi.frontend.* && $plain != *.use.hostname ]]; then
      continue
    elif is_restricted "$plain" || [[ $setting == spark.app.name=kyuubi_* ]]; then
      words+=(--conf "$setting")
    elif [ -n "${declared[$plain]+declared}" ]; then
      words+=(--conf "$name=${declared[$plain]}")
    fi
  done
else
  for setting in "${settings[@]}"; do words+=(--conf "$setting"); done
  # The last one counts.
  for name in "${!own[@]}"; do [[ $name != spark.* ]] || words+=(--conf "$name=${own[$name]}"); done
fi

# Each takes memory from the gateway for some seconds. So there are as many at once as it has room for, and one of a user: whoever starts a hundred waits for
# themselves. What is taken is given back when the process ends, however it does. Who logs in meanwhile has the CPU first.
turns=/tmp/turns
mkdir -p "$turns"
exec 8>"$turns/$user-$namespace"
flock 8
while :; do
  for ((turn = 0; turn < SUBMITS; turn++)); do
    exec 9>"$turns/.$turn"
    ! flock -n 9 || exec nice -n 15 "$SPARK_HOME/bin/spark-submit" "${words[@]}" "$@"
  done
  sleep 0.2
done
