"""How does a host find a plugin that it has started? One way for each launch style.

| style           | its modules                                                        |
|-----------------|--------------------------------------------------------------------|
| whichever it is | launch                                                             |
| go-plugin       | goplugin                                                           |
| socket-argument | socket_argument socket_address level_log file_scheme header_blocks |
| port-on-stdout  | port_on_stdout                                                     |

A style is what `launch.Style` asks for; `launch.run` calls it. The room `process` has what styles
share: they do not know each other.
"""
