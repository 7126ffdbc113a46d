"""What answers calls: the models here, other servers, and chains of both."""
