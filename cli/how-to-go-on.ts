import { join } from 'node:path';

const PORT = 10009;
const PACKAGE = join(__dirname, '../python');

/** What to paste into the usual clients. @param question a statement @param password only if it is no secret */
export function howToGoOn(context: string, user: string, tls: boolean, question: string, password?: string): string {
  const ssl = tls ? ';ssl=true' : '';
  const shown = password ?? '<password>';
  const kubectl = `kubectl --context ${context} -n lakehouse`;
  return `JDBC URL  jdbc:kyuubi://localhost:${PORT}/default${ssl}      (inside the cluster: jdbc:kyuubi://kyuubi.lakehouse.svc:${PORT}/default${ssl})
User      ${user}
Password  ${password ?? `${kubectl} get secret kyuubi-users -o jsonpath='{.data.${user}}' | base64 -d`}

First open the way to the gateway, in a terminal of its own:
  ${kubectl} port-forward svc/kyuubi ${PORT}

DBeaver   new connection → Apache Kyuubi → host localhost, port ${PORT}, user ${user}, password ${shown}
Beeline   ${kubectl} exec -it deployment/kyuubi -c kyuubi -- /opt/kyuubi/bin/kyuubi-beeline -u 'jdbc:kyuubi://kyuubi.lakehouse.svc:${PORT}/default${ssl}' -n ${user} -p
SQL       npm run lakehouse -- sql --context ${context} -u ${user}
pandas    pip install pandas '${PACKAGE}[sqlalchemy]'
          python3 -c "import pandas; print(pandas.read_sql('${question}', 'lakehouse://${user}:${shown}@localhost:${PORT}/default${tls ? '?tls=true' : ''}'))"
Stop      npm stop -- --context ${context}`;
}
