from clapshot_organizer import UserVisible

failure = UserVisible("no", "NOTFOUND")  # error
