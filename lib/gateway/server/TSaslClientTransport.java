package org.apache.kyuubi.shaded.thrift.transport;

import static org.apache.kyuubi.shaded.thrift.transport.sasl.NegotiationStatus.COMPLETE;
import static org.apache.kyuubi.shaded.thrift.transport.sasl.NegotiationStatus.START;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import javax.security.auth.callback.CallbackHandler;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslException;
import org.apache.kyuubi.shaded.thrift.EncodingUtils;

/**
 * What the gateway hears from engines, with a limit. Thrift's own, in whose place this is found, makes room for so many bytes as an engine says that it will
 * send, before it has them; and what an engine says, its users' code can say. An answer that is too large is read to nowhere, so that the session goes on.
 */
public class TSaslClientTransport extends TSaslTransport {
  /** Of a login, of which an engine has nothing to say. */
  private static final int SHORT = 1 << 10;

  private final String mechanism;
  /** Bytes of the answer that is being read. */
  private int left;

  public TSaslClientTransport(String mechanism, String user, String protocol, String server, Map<String, String> settings, CallbackHandler login, TTransport engine)
      throws SaslException, TTransportException {
    super(Sasl.createSaslClient(new String[] {mechanism}, user, protocol, server, settings, login), engine);
    this.mechanism = mechanism;
  }

  @Override
  protected SaslRole getRole() {
    return SaslRole.CLIENT;
  }

  /** PLAIN, the only mechanism that Kyuubi asks for, says all at once. */
  @Override
  protected void handleSaslStartMessage() throws TTransportException, SaslException {
    sendSaslMessage(START, mechanism.getBytes(StandardCharsets.UTF_8));
    sendSaslMessage(COMPLETE, getSaslClient().evaluateChallenge(new byte[0]));
    getUnderlyingTransport().flush();
  }

  @Override
  protected SaslResponse receiveSaslMessage() throws TTransportException {
    byte[] header = new byte[STATUS_BYTES + PAYLOAD_LENGTH_BYTES];
    getUnderlyingTransport().readAll(header, 0, header.length);
    int length = EncodingUtils.decodeBigEndian(header, STATUS_BYTES);
    if (header[0] != COMPLETE.getValue() || length < 0 || length > SHORT) throw new TTransportException("The engine does not take the login of the gateway");
    byte[] payload = new byte[length];
    getUnderlyingTransport().readAll(payload, 0, length);
    return new SaslResponse(COMPLETE, payload);
  }

  @Override
  public int read(byte[] into, int offset, int most) throws TTransportException {
    while (left == 0) left = next();
    int read = getUnderlyingTransport().read(into, offset, Math.min(most, left));
    left -= Math.max(0, read);
    return read;
  }

  private int next() throws TTransportException {
    int length = readLength();
    int most = getConfiguration().getMaxMessageSize();
    if (length < 0) throw new TTransportException("The engine says that its answer has " + length + " bytes");
    if (length <= most) return length;
    byte[] nowhere = new byte[8 << 10];
    for (int rest = length; rest > 0; ) {
      int read = getUnderlyingTransport().read(nowhere, 0, Math.min(nowhere.length, rest));
      if (read < 0) throw new TTransportException(TTransportException.END_OF_FILE);
      rest -= read;
    }
    throw new TTransportException("What the client fetches at once has " + length + " bytes, and the gateway takes at most " + most
        + ": let it fetch fewer rows at once (fetchSize in JDBC, arraysize in Python)");
  }

  /** Nothing in an answer is larger than what is left of it. */
  @Override
  public void checkReadBytesAvailable(long bytes) throws TTransportException {
    if (bytes > left) throw new TTransportException("Something of " + bytes + " bytes in what is left of an answer, " + left);
  }
}
