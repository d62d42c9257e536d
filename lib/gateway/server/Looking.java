package lakehouse;

import org.apache.kyuubi.config.KyuubiConf;
import org.apache.kyuubi.ha.client.DiscoveryClient;
import org.apache.kyuubi.ha.client.ServiceDiscovery;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;

/** What a discovery has that is written to, and ours is not. */
abstract class Looking implements DiscoveryClient {
  private Logger log = LoggerFactory.getLogger(getClass());

  @Override
  public Logger org$apache$kyuubi$Logging$$log_() {
    return log;
  }

  @Override
  public void org$apache$kyuubi$Logging$$log__$eq(Logger other) {
    log = other;
  }

  @Override
  public void closeClient() {}

  @Override
  public void monitorState(ServiceDiscovery discovery) {}

  @Override
  public void registerService(KyuubiConf conf, String space, ServiceDiscovery discovery, Option<String> version, boolean external) {}

  @Override
  public void deregisterService() {}

  @Override
  public boolean postDeregisterService(String space) {
    return false;
  }

  @Override
  public String create(String path, String mode, boolean parents) {
    throw nothingIsWritten();
  }

  @Override
  public byte[] getData(String path) {
    throw nothingIsWritten();
  }

  @Override
  public boolean setData(String path, byte[] data) {
    throw nothingIsWritten();
  }

  @Override
  public boolean pathExists(String path) {
    throw nothingIsWritten();
  }

  @Override
  public String createAndGetServiceNode(KyuubiConf conf, String space, String instance, Option<String> version, boolean external) {
    throw nothingIsWritten();
  }

  @Override
  public void startSecretNode(String mode, String path, String data, boolean protection) {
    throw nothingIsWritten();
  }

  @Override
  public int getAndIncrement(String path, int delta) {
    throw nothingIsWritten();
  }

  private static UnsupportedOperationException nothingIsWritten() {
    return new UnsupportedOperationException("Engines are found by their pods, and nothing else is written down");
  }
}
