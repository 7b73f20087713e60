<?php
/**
 * What a site in a test needs to stand on loopback without a network, loaded before all plugins.
 */

// WordPress would refuse to ask loopback, and ports above 8080. A site in life does refuse that.
add_filter( 'http_request_host_is_external', fn( $allowed, $host ) => $allowed || in_array( $host, array( '127.0.0.1', 'localhost' ), true ), 10, 2 );
add_filter( 'http_allowed_safe_ports', fn( $ports, $host, $url ) => array_merge( $ports, array( (int) wp_parse_url( $url, PHP_URL_PORT ) ) ), 10, 3 );

// WordPress asks its makers for updates and translations, and writes a warning where it cannot reach them. The log is
// to hold what the plugin did: a 503 says nothing there.
add_filter(
	'pre_http_request',
	function ( $answered, $request, $url ) {
		if ( 'api.wordpress.org' !== wp_parse_url( $url, PHP_URL_HOST ) ) {
			return $answered;
		}
		return array(
			'headers'  => array(),
			'body'     => '',
			'response' => array(
				'code'    => 503,
				'message' => 'Not in a test',
			),
			'cookies'  => array(),
			'filename' => null,
		);
	},
	10,
	3
);
add_filter( 'pre_wp_mail', '__return_true' );
