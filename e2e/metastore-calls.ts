import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cluster, inSession, NAMESPACE } from './lakehouse';

const INTERFACE = 'org.apache.hadoop.hive.metastore.api.ThriftHiveMetastore$Iface';

/** The names of all calls that the metastore has, out of its own jar. */
export async function calls(): Promise<string[]> {
  const pod = await cluster.podOf(NAMESPACE, 'hive-metastore');
  const folder = mkdtempSync(join(tmpdir(), 'lakehouse-metastore-'));
  const jars = ['hive/lib/hive-standalone-metastore-common-4.0.0.jar', 'hive/lib/libfb303-0.9.3.jar'].map((jar, index) => {
    const file = join(folder, `${index}.jar`);
    const args = ['--context', cluster.context, '-n', NAMESPACE, 'exec', pod, '-c', 'metastore', '--', 'cat', `/opt/${jar}`];
    writeFileSync(file, execFileSync('kubectl', args, { maxBuffer: 1 << 28 }));
    return file;
  });
  const methods = (name: string) => [...execFileSync('javap', ['-cp', jars.join(':'), name], { encoding: 'utf8' }).matchAll(/ (\w+)\(/g)];
  return [...methods(INTERFACE), ...methods('com.facebook.fb303.FacebookService$Iface')].map(([, name]) => name!);
}

/** What the metastore says to Scala in a user's engine, which makes pairs of a name and an answer. */
async function said(user: string, scala: string): Promise<Record<string, string>> {
  const answer = await inSession(async (session) => {
    await session.run('SET kyuubi.operation.language=SCALA');
    return session.run(`{
      import org.apache.hadoop.hive.metastore.api._
      import org.apache.thrift.protocol._
      import scala.jdk.CollectionConverters._
      def connected[T](use: TBinaryProtocol => T): T = {
        val socket = new org.apache.thrift.transport.TSocket("hive-metastore.lakehouse.svc", 9083, 20000)
        socket.open()
        try use(new TBinaryProtocol(socket)) finally socket.close()
      }
      ${scala}
    }`);
  }, user);
  return Object.fromEntries(answer);
}

/** What each call answers that brings nothing. */
export const answersTo = (user: string, names: string[]) =>
  said(
    user,
    `result.set(Seq(${names.map((name) => `"${name}"`).join(', ')}).map { name =>
      // Some end the connection when they are asked for nothing.
      val answer = scala.util.Try(connected { protocol =>
        protocol.writeMessageBegin(new TMessage(name, TMessageType.CALL, 1))
        protocol.writeFieldStop()
        protocol.getTransport.flush()
        if (protocol.readMessageBegin().\`type\` != TMessageType.EXCEPTION) "an answer"
        else String.valueOf(org.apache.thrift.TApplicationException.readFrom(protocol).getMessage)
      })
      name -> answer.fold(String.valueOf(_), text => text)
    }.toDF("name", "text"))`,
  );

/** What each attack is told, or `done`. @param attacks Scala by name, with \`client\` and helpers */
export const attack = (user: string, attacks: Record<string, string>) =>
  said(
    user,
    `def attempt(name: String)(use: ThriftHiveMetastore.Client => Any) = connected { protocol =>
      name -> (try { use(new ThriftHiveMetastore.Client(protocol)); "done" } catch { case error: Throwable => String.valueOf(error.getMessage) + " " + error })
    }
    val root = "s3a://lakehouse/tenants/"
    val context = new EnvironmentContext()
    def database(name: String, folder: String) = new Database(name, "", root + folder, new java.util.HashMap())
    def storage(folder: String) = {
      val one = new StorageDescriptor(Seq(new FieldSchema("id", "int", "")).asJava, root + folder, "", "", false, 0, new SerDeInfo("", "", new java.util.HashMap()), Seq[String]().asJava, Seq[Order]().asJava, new java.util.HashMap())
      one
    }
    def table(schema: String, name: String, folder: String) =
      new Table(name, schema, "", 0, 0, 0, storage(folder), Seq(new FieldSchema("day", "string", "")).asJava, new java.util.HashMap(), null, null, "EXTERNAL_TABLE")
    def partition(schema: String, name: String, folder: String, day: String = "a") =
      new Partition(Seq(day).asJava, schema, name, 0, 0, storage(folder), new java.util.HashMap())
    def function(schema: String, name: String) =
      new org.apache.hadoop.hive.metastore.api.Function(name, schema, "no.such.Class", "", PrincipalType.USER, 0, FunctionType.JAVA, Seq[ResourceUri]().asJava)
    result.set(Seq(${Object.entries(attacks)
      .map(([name, scala]) => `attempt("${name}")(client => ${scala})`)
      .join(',\n')}).toDF("name", "text"))`,
  );

const days = 'Seq("a").asJava';

/** On what is another tenant's, `analytics`, by one that may read its schema `web`. Its own schema is `own`, with a partitioned table `parts`. */
export const ATTACKS: Record<string, string> = {
  'a schema in the folder of another': 'client.create_database(database("trap", "analytics/trap.db"))',
  'a schema that moves away': 'client.alter_database("web", database("web", "science/web.db"))',
  'a schema that moves into the folder of another': 'client.alter_database("own", database("own", "analytics/sales.db"))',
  'an end of a schema': 'client.drop_database("web", true, true)',
  'a table in the schema of another': 'client.create_table_with_environment_context(table("web", "trap", "science/trap"), context)',
  'a table in the folder of another': 'client.create_table_with_environment_context(table("own", "trap", "analytics/sales.db/orders"), context)',
  'a table that changes': 'client.alter_table_with_environment_context("web", "parts", table("web", "parts", "science/trap"), context)',
  'a table that moves away': 'client.alter_table_with_environment_context("web", "parts", table("own", "gone", "science/trap"), context)',
  'a table that moves in': 'client.alter_table_with_environment_context("own", "parts", table("web", "trap", "science/trap"), context)',
  'a table that moves to the folder of another':
    'client.alter_table_with_environment_context("own", "parts", table("own", "parts", "analytics/sales.db/orders"), context)',
  'an end of a table': 'client.drop_table_with_environment_context("web", "parts", true, context)',
  'partitions for another':
    'client.add_partitions_req(new AddPartitionsRequest("web", "parts", Seq(partition("web", "parts", "science/x", "b")).asJava, false))',
  'partitions for another behind a table of ones own':
    'client.add_partitions_req(new AddPartitionsRequest("own", "parts", Seq(partition("own", "parts", "science/own.db/parts/c", "c"), partition("web", "parts", "science/x", "b")).asJava, false))',
  'a partition for another': 'client.add_partition_with_environment_context(partition("web", "parts", "science/x", "b"), context)',
  'a partition in the folder of another':
    'client.add_partition_with_environment_context(partition("own", "parts", "analytics/sales.db/orders", "b"), context)',
  'a partition at the end': `client.append_partition_with_environment_context("web", "parts", Seq("b").asJava, context)`,
  'a partition that changes': 'client.alter_partition_with_environment_context("web", "parts", partition("web", "parts", "science/x"), context)',
  'a partition that moves into the folder of another':
    'client.alter_partition_with_environment_context("own", "parts", partition("own", "parts", "analytics/sales.db/orders"), context)',
  'a partition with the name of another':
    'client.alter_partition_with_environment_context("own", "parts", partition("web", "parts", "science/x"), context)',
  'partitions that change':
    'client.alter_partitions_with_environment_context("web", "parts", Seq(partition("web", "parts", "science/x")).asJava, context)',
  'partitions with the name of another':
    'client.alter_partitions_with_environment_context("own", "parts", Seq(partition("web", "parts", "science/x")).asJava, context)',
  'a partition that is renamed': `client.rename_partition("web", "parts", ${days}, partition("web", "parts", "science/x", "z"))`,
  'a partition that is renamed into the table of another': `client.rename_partition("own", "parts", ${days}, partition("web", "parts", "science/x", "z"))`,
  'an end of a partition': `client.drop_partition_with_environment_context("web", "parts", ${days}, true, context)`,
  'a function for another': 'client.create_function(function("web", "trap"))',
  'a function that changes': 'client.alter_function("web", "f", function("web", "f"))',
  'a function that moves away': 'client.alter_function("web", "f", function("own", "f"))',
  'an end of a function': 'client.drop_function("web", "f")',
  'a look at a table': 'client.get_table("sales", "parts")',
  'a look at partitions': 'client.get_partitions("sales", "parts", -1)',
  'a look at a partition': `client.get_partition("sales", "parts", ${days})`,
  'a look at names of partitions': 'client.get_partition_names("sales", "parts", -1)',
  'a look at partitions by a filter': `client.get_partitions_by_filter("sales", "parts", "day = 'a'", -1)`,
  'a look at partitions by names': 'client.get_partitions_by_names("sales", "parts", Seq("day=a").asJava)',
  'a look at partitions as a user': 'client.get_partitions_with_auth("sales", "parts", -1, "bea", Seq[String]().asJava)',
  'a look at a schema': 'client.get_database("sales")',
  'a look at its settings': 'client.getMetaConf("metastore.try.direct.sql")',
  'another setting': 'client.setMetaConf("metastore.partition.order.expr", "1")',
  'a token': 'client.get_delegation_token("bea", "bea")',
};
