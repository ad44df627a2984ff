from clapshot_organizer import Organizer, run_plugin

run_plugin(Organizer())  # error
