package lakehouse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.engine.ApplicationInfo;
import org.apache.kyuubi.engine.ApplicationManagerInfo;
import org.apache.kyuubi.engine.ApplicationOperation;
import org.apache.kyuubi.engine.KubernetesApplicationOperation;
import org.apache.kyuubi.engine.KubernetesInfo;
import org.apache.kyuubi.engine.KyuubiApplicationManager;
import org.apache.kyuubi.server.metadata.MetadataManager;
import org.apache.kyuubi.server.metadata.api.KubernetesEngineInfo;
import org.apache.kyuubi.server.metadata.api.Metadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** What runs, for each namespace apart: Kyuubi takes a pod for the one that it looks for by a label, and who makes pods in one namespace can write what is in another's. */
final class Applications extends KubernetesApplicationOperation {
  private static final Logger LOG = LoggerFactory.getLogger(Applications.class);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<KubernetesInfo, KubernetesApplicationOperation> namespaces = new ConcurrentHashMap<>();
  private KyuubiConf conf;
  private Option<MetadataManager> metadata;

  /** In the place of those that Kyuubi finds by itself. */
  static void replace(KyuubiApplicationManager manager) {
    Fields.set(KyuubiApplicationManager.class, "operations", manager, JavaConverters.asScalaBuffer(List.<ApplicationOperation>of(new Applications())).toList());
  }

  @Override
  public void initialize(KyuubiConf settings, Option<MetadataManager> store) {
    conf = settings;
    metadata = store;
    initializeKubernetesClient(settings);
  }

  /** Again when tenants have come. */
  @Override
  public void initializeKubernetesClient(KyuubiConf settings) {
    JavaConverters.asJavaCollection(getKubernetesClientInitializeInfo(settings)).forEach(this::in);
  }

  @Override
  public boolean isSupported(ApplicationManagerInfo where) {
    return where.resourceManager().exists(name -> name.toLowerCase(Locale.ROOT).startsWith("k8s"));
  }

  @Override
  public ApplicationInfo getApplicationInfoByTag(ApplicationManagerInfo where, String tag, Option<String> user, Option<Object> submitted) {
    ApplicationManagerInfo there = of(user, where);
    return inItsWords(in(there.kubernetesInfo()).getApplicationInfoByTag(there, tag, user, submitted));
  }

  /** What its container said last, if it said something: Kyuubi's error is the whole status of the pod, in which nobody finds it. */
  private static ApplicationInfo inItsWords(ApplicationInfo info) {
    if (info.error().isEmpty()) return info;
    try {
      for (JsonNode container : JSON.readTree(info.error().get()).path("PodStatus").path("containerStatuses")) {
        String last = container.path("state").path("terminated").path("message").asText().trim();
        if (!last.isEmpty()) return new ApplicationInfo(info.id(), info.name(), info.state(), info.url(), Option.apply(last), info.podName());
      }
      return info;
    } catch (JsonProcessingException other) {
      return info;
    }
  }

  @Override
  public Tuple2<Object, String> killApplicationByTag(ApplicationManagerInfo where, String tag, Option<String> user) {
    ApplicationManagerInfo there = of(user, where);
    return in(there.kubernetesInfo()).killApplicationByTag(there, tag, user);
  }

  @Override
  public void stop() {
    namespaces.values().forEach(KubernetesApplicationOperation::stop);
  }

  /** A batch that another gateway submitted is asked for without its namespace. */
  private ApplicationManagerInfo of(Option<String> user, ApplicationManagerInfo where) {
    if (user.isEmpty() || where.kubernetesInfo().namespace().isDefined()) return where;
    return new ApplicationManagerInfo(where.resourceManager(), new KubernetesInfo(where.kubernetesInfo().context(), namespaceOf(user.get())));
  }

  private Option<String> namespaceOf(String user) {
    return conf.getUserDefaults(user).getOption("spark.kubernetes.namespace");
  }

  private KubernetesApplicationOperation in(KubernetesInfo namespace) {
    return namespaces.computeIfAbsent(namespace, it -> {
      KubernetesApplicationOperation one = new OfOne(it);
      one.initialize(conf, metadata.isEmpty() ? metadata : Option.<MetadataManager>apply(new OwnBatches(metadata.get())));
      return one;
    });
  }

  private static final class OfOne extends KubernetesApplicationOperation {
    private final KubernetesInfo namespace;

    OfOne(KubernetesInfo namespace) {
      this.namespace = namespace;
    }

    @Override
    public Seq<KubernetesInfo> getKubernetesClientInitializeInfo(KyuubiConf settings) {
      return JavaConverters.asScalaBuffer(List.of(namespace)).toList();
    }
  }

  /** How a batch ended is kept, if it was in its user's namespace that something ended. */
  private final class OwnBatches extends MetadataManager {
    private final MetadataManager all;

    OwnBatches(MetadataManager all) {
      this.all = all;
    }

    @Override
    public void upsertKubernetesMetadata(KubernetesEngineInfo ended) {
      try {
        if (getBatchSessionMetadata(ended.identifier()).forall(batch -> namespaceOf(batch.username()).equals(ended.namespace()))) all.upsertKubernetesMetadata(ended);
      } catch (RuntimeException unknown) {
        LOG.error("What became of {} is not kept", ended.identifier(), unknown);
      }
    }

    @Override
    public Option<ApplicationInfo> getKubernetesApplicationInfo(String tag) {
      return all.getKubernetesApplicationInfo(tag);
    }

    @Override
    public Option<Metadata> getBatchSessionMetadata(String id) {
      return all.getBatchSessionMetadata(id);
    }
  }
}
