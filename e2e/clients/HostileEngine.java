import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/** What the code of a hostile user can make of an engine: it takes each login, and promises an answer of 150 MB that never comes. */
public final class HostileEngine {
  public static void main(String[] arguments) throws IOException {
    try (ServerSocket server = new ServerSocket(10009)) {
      while (true) {
        Socket gateway = server.accept();
        new Thread(() -> promise(gateway)).start();
      }
    }
  }

  private static void promise(Socket gateway) {
    try (gateway) {
      DataInputStream in = new DataInputStream(gateway.getInputStream());
      DataOutputStream out = new DataOutputStream(gateway.getOutputStream());
      for (String message : new String[] {"mechanism", "login"}) {
        in.readByte();
        in.readFully(new byte[in.readInt()]);
      }
      out.write(new byte[] {5, 0, 0, 0, 0});
      in.readFully(new byte[in.readInt()]);
      out.writeInt(150 << 20);
      in.read();
    } catch (IOException gone) {
      // A look at whether it answers.
    }
  }
}
