import type { ConfigFile } from '../../config/config-file';
import { textFile } from '../../config/config-volume';

/** Everything to standard output; the distribution's own also writes files. */
export function log4j2(): ConfigFile {
  return textFile(
    'log4j2.xml',
    `<Configuration>
  <Appenders>
    <Console name="stdout" target="SYSTEM_OUT"><PatternLayout pattern="%d{ISO8601} %p %c{1}: %m%n%ex"/></Console>
  </Appenders>
  <Loggers>
    <!-- Several kilobytes for each event of each pod of each engine. -->
    <Logger name="org.apache.kyuubi.engine.KubernetesApplicationAuditLogger" level="OFF"/>
    <Root level="INFO"><AppenderRef ref="stdout"/></Root>
  </Loggers>
</Configuration>
`,
  );
}
