package lakehouse;

import java.lang.reflect.Field;

/** Private fields, for which Kyuubi has no plug-in. */
final class Fields {
  private Fields() {}

  static Object get(Class<?> owner, String name, Object of) {
    try {
      return field(owner, name).get(of);
    } catch (ReflectiveOperationException error) {
      throw missing(owner, name, error);
    }
  }

  static void set(Class<?> owner, String name, Object of, Object value) {
    try {
      field(owner, name).set(of, value);
    } catch (ReflectiveOperationException error) {
      throw missing(owner, name, error);
    }
  }

  private static Field field(Class<?> owner, String name) throws NoSuchFieldException {
    Field field = owner.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  private static IllegalStateException missing(Class<?> owner, String name, Exception error) {
    return new IllegalStateException(owner.getName() + " has no " + name + " where Kyuubi 1.12.0 has it", error);
  }
}
